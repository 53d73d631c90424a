package columns

import (
	"sync"

	"github.com/DataDog/zstd"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// Zstd compresses pages at one of libzstd's levels, which takes less time than the Parquet library's own zstd
// (docs/decisions/0003-parquet-writer.md); readers cannot tell. Another level, or another version of libzstd, changes the bytes of every file.
func Zstd(level int) compress.Codec {
	return &codec{level: level, contexts: sync.Pool{New: func() any { return zstd.NewCtx() }}}
}

type codec struct {
	level    int
	contexts sync.Pool // of zstd.Ctx: one serves one goroutine at a time, and setting one up takes longer than a small page
}

func (*codec) String() string                            { return "ZSTD" }
func (*codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (c *codec) Encode(dst, src []byte) ([]byte, error) {
	ctx := c.contexts.Get().(zstd.Ctx)
	defer c.contexts.Put(ctx)
	return ctx.CompressLevel(dst[:cap(dst)], src, c.level)
}

func (c *codec) Decode(dst, src []byte) ([]byte, error) {
	ctx := c.contexts.Get().(zstd.Ctx)
	defer c.contexts.Put(ctx)
	return ctx.Decompress(dst[:cap(dst)], src)
}
