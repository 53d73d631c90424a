package columns

import (
	"sync"

	"github.com/DataDog/zstd"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// zstdLevel is libzstd's. Another one, or another version of libzstd, changes the bytes of every file.
const zstdLevel = 2

// Zstd compresses the pages of all files. It is libzstd, which makes pages of prices smaller than the Parquet library's own zstd, in less
// time (docs/decisions/0003-parquet-writer.md); readers cannot tell.
var Zstd compress.Codec = &codec{contexts: sync.Pool{New: func() any { return zstd.NewCtx() }}}

type codec struct {
	contexts sync.Pool // of zstd.Ctx: one serves one goroutine at a time, and setting one up takes longer than a small page
}

func (*codec) String() string                            { return "ZSTD" }
func (*codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (c *codec) Encode(dst, src []byte) ([]byte, error) {
	ctx := c.contexts.Get().(zstd.Ctx)
	defer c.contexts.Put(ctx)
	return ctx.CompressLevel(dst[:cap(dst)], src, zstdLevel)
}

func (c *codec) Decode(dst, src []byte) ([]byte, error) {
	ctx := c.contexts.Get().(zstd.Ctx)
	defer c.contexts.Put(ctx)
	return ctx.Decompress(dst[:cap(dst)], src)
}
