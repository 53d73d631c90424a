package python
import ("testing";"math/rand";"bytes";"time";"runtime";"fmt")
func TestZZ(t *testing.T){
 text,_:=encode(january())
 r:=rand.New(rand.NewSource(1))
 for i:=0;i<3000;i++{
  b:=bytes.Clone(text)
  for k:=0;k<1+r.Intn(4);k++{ b[r.Intn(len(b))]=byte(r.Intn(256)) }
  var m0,m1 runtime.MemStats
  runtime.ReadMemStats(&m0)
  s:=time.Now()
  _,err:=decode(bytes.NewReader(b))
  runtime.ReadMemStats(&m1)
  if d:=time.Since(s); d>50*time.Millisecond || m1.TotalAlloc-m0.TotalAlloc>100<<20 { fmt.Println(i,d,(m1.TotalAlloc-m0.TotalAlloc)>>20,"MiB",err) }
 }
}
