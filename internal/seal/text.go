package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// Field is the last field of a sealed JSON document.
const Field = "checksum"

// ErrText is a document whose seal is not that of its text.
var ErrText = errors.New("its checksum is not that of its text")

const (
	ending   = "\n}\n"
	before   = ",\n  \"" + Field + "\": \""
	after    = "\"" + ending
	hexBytes = 2 * sha256.Size
)

// Text adds a seal to a JSON object, indented by two spaces, that ends with a line of its own: a field with the SHA-256 of all before it.
func Text(document []byte) []byte {
	body := bytes.TrimSuffix(document, []byte(ending))
	sum := sha256.Sum256(body)
	out := append(bytes.Clone(body), before...)
	return append(append(out, hex.EncodeToString(sum[:])...), after...)
}

// CheckText returns ErrText where a document has a seal that is not its own. sealed is false where it does not end with a seal.
func CheckText(document []byte) (sealed bool, err error) {
	rest, ok := bytes.CutSuffix(document, []byte(after))
	if !ok || len(rest) < hexBytes {
		return false, nil
	}
	said := rest[len(rest)-hexBytes:]
	body, ok := bytes.CutSuffix(rest[:len(rest)-hexBytes], []byte(before))
	if !ok {
		return false, nil
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != string(said) {
		return true, ErrText
	}
	return true, nil
}

const (
	lineBefore = `,"` + Field + `":"`
	lineAfter  = `"}`
	lineHex    = 16
)

// Line adds a seal to a JSON object on one line, without its end: a field with the first 64 bits of the SHA-256 of all before it.
func Line(object []byte) []byte {
	body := bytes.TrimSuffix(object, []byte("}"))
	out := append(bytes.Clone(body), lineBefore...)
	return append(append(out, lineSum(body)...), lineAfter...)
}

// CheckLine is CheckText for a line without its end.
func CheckLine(object []byte) (sealed bool, err error) {
	rest, ok := bytes.CutSuffix(object, []byte(lineAfter))
	if !ok || len(rest) < lineHex {
		return false, nil
	}
	said := rest[len(rest)-lineHex:]
	body, ok := bytes.CutSuffix(rest[:len(rest)-lineHex], []byte(lineBefore))
	if !ok {
		return false, nil
	}
	if lineSum(body) != string(said) {
		return true, ErrText
	}
	return true, nil
}

func lineSum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])[:lineHex]
}
