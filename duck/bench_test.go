package duck

import (
	"context"
	"testing"
)

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		d, err := Open(context.Background(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkConnect(b *testing.B) {
	d := open(b, Options{})
	for b.Loop() {
		c, err := d.connect()
		if err != nil {
			b.Fatal(err)
		}
		d.release(c)
	}
}
