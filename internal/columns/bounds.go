package columns

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The Parquet library sets aside whatever memory damaged bytes ask for, and a program that asks for too much ends without a chance to say which file it was.
// So what asks for much is looked at before.

// CheckCodecs returns an error where a column of a file is compressed by something that tdlake doesn't write: other decompressors know no bound.
func CheckCodecs(f *parquet.File) error {
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			if codec := c.MetaData.Codec; codec != format.Zstd && codec != format.Uncompressed {
				return fmt.Errorf("it is compressed by %s, not ZSTD", codec)
			}
		}
	}
	return nil
}

// Pages returns the pages of a column of a row group, unless its dictionary is said to have more values than there are rows. Close them after use.
func Pages(f *parquet.File, group, column int) (parquet.Pages, error) {
	g := &f.Metadata().RowGroups[group]
	if n := dictionaryValues(f, &g.Columns[column].MetaData); n < 0 || n > g.NumRows {
		return nil, fmt.Errorf("its dictionary is said to have %d values, for %d rows", n, g.NumRows)
	}
	return f.RowGroups()[group].ColumnChunks()[column].Pages(), nil
}

// dictionaryValues reads what the header of a column's first page says; 0 where that is no dictionary, or can't be read, which the library will find as well.
func dictionaryValues(f *parquet.File, c *format.ColumnMetaData) int64 {
	at := c.DictionaryPageOffset
	if at == 0 {
		at = c.DataPageOffset
	}
	text := make([]byte, 128) // such a header takes some twenty
	n, _ := f.ReadAt(text, at)
	var header format.PageHeader
	r := new(thrift.CompactProtocol).NewReader(bytes.NewReader(text[:n]))
	if err := thrift.NewDecoder(r).Decode(&header); err != nil || !header.DictionaryPageHeader.Valid {
		return 0
	}
	return int64(header.DictionaryPageHeader.V.NumValues)
}
