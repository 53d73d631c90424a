package columns

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// TestPages has a dictionary that says it has two thousand million values.
func TestPages(t *testing.T) {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[struct {
		A int64 `parquet:",dict"`
	}](&out)
	if _, err := w.Write(make([]struct {
		A int64 `parquet:",dict"`
	}, 7)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	open := func() *parquet.File {
		f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	pages, err := Pages(open(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	pages.Close()
	// In a header the values are the first field of the dictionary's: a byte for the field, then the number, doubled.
	at := bytes.Index(out.Bytes(), []byte{0x15, 2, 0x15})
	if at < 0 {
		t.Fatal("the dictionary's header is not where it was")
	}
	out.Bytes()[at+1] = 100
	if _, err := Pages(open(), 0, 0); err == nil || !strings.Contains(err.Error(), "50 values, for 7 rows") {
		t.Errorf("%v", err)
	}
}

func TestCheckCodecs(t *testing.T) {
	for want, codec := range map[string]compress.Codec{
		"": Zstd(2), "compressed by LZ4_RAW, not ZSTD": &parquet.Lz4Raw, "compressed by SNAPPY, not ZSTD": &parquet.Snappy,
	} {
		var out bytes.Buffer
		w := parquet.NewGenericWriter[struct{ A int64 }](&out, parquet.Compression(codec))
		if _, err := w.Write([]struct{ A int64 }{{1}, {2}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckCodecs(f); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", codec, err)
		}
	}
}
