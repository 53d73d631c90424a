package columns

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

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
