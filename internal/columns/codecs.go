package columns

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// CheckCodecs returns an error where a column of a file is compressed by something that tdlake doesn't write. Other decompressors of the Parquet library set
// aside whatever memory damaged bytes ask for, and a program that asks for too much ends without a chance to say which file it was.
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
