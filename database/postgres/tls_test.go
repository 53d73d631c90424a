package postgres

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// certificate makes a certificate for 127.0.0.1 that vouches for itself.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}))
}

func TestTLS(t *testing.T) {
	s := pgtest.New(t)
	cert, key := certificate(t)
	s.Configure(t, "server.crt", cert)
	s.Configure(t, "server.key", key)
	pgtest.Exec(t, s.URL("postgres"), "alter system set ssl = on")
	s.Configure(t, "pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n") // its reload also turns ssl on
	root := filepath.Join(t.TempDir(), "root.crt")
	if err := os.WriteFile(root, []byte(cert), 0o600); err != nil {
		t.Fatal(err)
	}
	other, _ := certificate(t)
	wrong := filepath.Join(t.TempDir(), "root.crt")
	if err := os.WriteFile(wrong, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres", pgtest.User, s.Port)
	for _, mode := range []string{"prefer", "require", "verify-full&sslrootcert=" + root} {
		v, err := open(t, at+"?sslmode="+mode).Begin(context.Background())
		if err != nil {
			t.Errorf("sslmode=%s: %v", mode, err)
			continue
		}
		rows, err := v.query(context.Background(), "itself", "select ssl from pg_stat_ssl where pid = pg_backend_pid()")
		if err != nil || !isTrue(rows[0][0]) {
			t.Errorf("sslmode=%s: not encrypted (%v)", mode, err)
		}
		v.Close()
	}
	refused(t, at+"?sslmode=verify-full&sslrootcert="+wrong, database.Refused, "certificate", "sslrootcert")
	refused(t, fmt.Sprintf("postgres://%s@localhost:%d/postgres?sslmode=verify-full&sslrootcert=%s", pgtest.User, s.Port, root), database.Refused, "localhost", "sslrootcert")
	refused(t, at+"?sslmode=disable", database.Refused, "pg_hba.conf")
}
