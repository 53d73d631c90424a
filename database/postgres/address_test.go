package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
)

// TestPasswordsAreNotShown: what nobody can tell from a host or a database's name in an address is refused without repeating it.
func TestPasswordsAreNotShown(t *testing.T) {
	for _, password := range []string{"a@secret", "a@b@secret", "a secret", "a/secret", "a%secret", "secret@"} {
		a, err := database.Parse("postgres://u:" + password + "@127.0.0.1:1/db")
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(context.Background(), a)
		said := fmt.Sprint(a, err)
		if err == nil {
			said += s.Name()
		} else if !database.IsKind(err, database.Refused) {
			t.Errorf("%s: %v", password, err)
		}
		if strings.Contains(said, "secret") {
			t.Errorf("%s: %s", password, said)
		}
	}
}
