package files

import (
	"io"

	"github.com/tdlake/tdlake/database"
)

// encoded refuses a file that is not UTF-8.
func (c *folder) encoded(file string, line int, name string) error {
	return database.NewError(database.Data, c.name, "make it UTF-8: iconv -f "+name+" -t UTF-8 "+file+" > FILE", "%s:%d: the text is not UTF-8; it looks like %s", file, line, name)
}

// utf16 returns the name of the encoding that a file's first two bytes are the mark of, or "".
func utf16(path string) string {
	switch head := beginning(path, 2); string(head) {
	case "\xff\xfe", "\xfe\xff":
		return "UTF-16"
	}
	return ""
}

func beginning(path string, n int64) []byte {
	in, closer, err := openText(path)
	if err != nil {
		return nil
	}
	defer closer.Close()
	head, _ := io.ReadAll(io.LimitReader(in, n)) //nolint:errcheck // what there is will do
	return head
}

// guessEncoding names the encoding of text that is not UTF-8. Characters of GBK are two bytes, nearly all of them beyond ASCII; letters of Latin-1 are one, and
// mostly stand between others.
func guessEncoding(path string) string {
	pairs, odd := 0, 0
	run := 0
	for _, b := range append(beginning(path, 1<<20), ' ') {
		switch {
		case b >= 0x80:
			run++
		case run > 0:
			if run%2 == 0 {
				pairs++
			} else {
				odd++
			}
			run = 0
		}
	}
	if pairs > odd {
		return "GBK"
	}
	return "LATIN1"
}
