#include "textflag.h"

// Each entry is a product, rounded, then a sum, rounded: never fused, so the bits are those of the Go code.

// func axpyAVX2(y *float64, a float64, x *float64, n int)
TEXT ·axpyAVX2(SB), NOSPLIT, $0-32
	MOVQ         y+0(FP), DI
	VBROADCASTSD a+8(FP), Y0
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), CX

axpy16:
	CMPQ    CX, $16
	JLT     axpy4
	VMULPD  (SI), Y0, Y1
	VMULPD  32(SI), Y0, Y2
	VMULPD  64(SI), Y0, Y3
	VMULPD  96(SI), Y0, Y4
	VADDPD  (DI), Y1, Y1
	VADDPD  32(DI), Y2, Y2
	VADDPD  64(DI), Y3, Y3
	VADDPD  96(DI), Y4, Y4
	VMOVUPD Y1, (DI)
	VMOVUPD Y2, 32(DI)
	VMOVUPD Y3, 64(DI)
	VMOVUPD Y4, 96(DI)
	ADDQ    $128, SI
	ADDQ    $128, DI
	SUBQ    $16, CX
	JMP     axpy16

axpy4:
	CMPQ    CX, $4
	JLT     axpy1
	VMULPD  (SI), Y0, Y1
	VADDPD  (DI), Y1, Y1
	VMOVUPD Y1, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $4, CX
	JMP     axpy4

axpy1:
	TESTQ  CX, CX
	JLE    axpyDone
	VMULSD (SI), X0, X1
	VADDSD (DI), X1, X1
	VMOVSD X1, (DI)
	ADDQ   $8, SI
	ADDQ   $8, DI
	DECQ   CX
	JMP    axpy1

axpyDone:
	VZEROUPPER
	RET

// func slideAVX2(gram *float64, stride int, in, out *float64)
// stride is a multiple of 4 and at least 4. Rows i..i+3 of the triangle begin at column i, one after the other: four of them pass along
// the columns together.
TEXT ·slideAVX2(SB), NOSPLIT, $0-32
	MOVQ gram+0(FP), DI
	MOVQ stride+8(FP), CX   // entries of the rows at hand
	MOVQ in+16(FP), SI      // from entry i on
	MOVQ out+24(FP), DX

slideRows:
	LEAQ         (CX*8), R8 // bytes from row to row
	LEAQ         (R8)(R8*2), R12
	VBROADCASTSD (SI), Y0
	VBROADCASTSD 8(SI), Y1
	VBROADCASTSD 16(SI), Y2
	VBROADCASTSD 24(SI), Y3
	VBROADCASTSD (DX), Y4
	VBROADCASTSD 8(DX), Y5
	VBROADCASTSD 16(DX), Y6
	VBROADCASTSD 24(DX), Y7
	XORQ         R10, R10

slide4:
	VMOVUPD (SI)(R10*1), Y8
	VMOVUPD (DX)(R10*1), Y9
	VMULPD  Y8, Y0, Y10
	VMULPD  Y8, Y1, Y11
	VMULPD  Y8, Y2, Y12
	VMULPD  Y8, Y3, Y13
	VADDPD  (DI), Y10, Y10
	VADDPD  (DI)(R8*1), Y11, Y11
	VADDPD  (DI)(R8*2), Y12, Y12
	VADDPD  (DI)(R12*1), Y13, Y13
	VMULPD  Y9, Y4, Y14
	VMULPD  Y9, Y5, Y15
	VSUBPD  Y14, Y10, Y10
	VSUBPD  Y15, Y11, Y11
	VMULPD  Y9, Y6, Y14
	VMULPD  Y9, Y7, Y15
	VSUBPD  Y14, Y12, Y12
	VSUBPD  Y15, Y13, Y13
	VMOVUPD Y10, (DI)
	VMOVUPD Y11, (DI)(R8*1)
	VMOVUPD Y12, (DI)(R8*2)
	VMOVUPD Y13, (DI)(R12*1)
	ADDQ    $32, DI
	ADDQ    $32, R10
	CMPQ    R10, R8
	JLT     slide4
	ADDQ    R12, DI         // to the row after these four
	ADDQ    $32, SI
	ADDQ    $32, DX
	SUBQ    $4, CX
	JG      slideRows
	VZEROUPPER
	RET

// func slideRowAVX2(y *float64, n int, a float64, in *float64, b float64, out *float64)
// n is a multiple of 4 and at least 4.
TEXT ·slideRowAVX2(SB), NOSPLIT, $0-48
	MOVQ         y+0(FP), DI
	MOVQ         n+8(FP), CX
	VBROADCASTSD a+16(FP), Y0
	MOVQ         in+24(FP), SI
	VBROADCASTSD b+32(FP), Y1
	MOVQ         out+40(FP), DX
	XORQ         R10, R10

slideRow4:
	VMULPD  (SI)(R10*8), Y0, Y2
	VADDPD  (DI)(R10*8), Y2, Y2
	VMULPD  (DX)(R10*8), Y1, Y3
	VSUBPD  Y3, Y2, Y2
	VMOVUPD Y2, (DI)(R10*8)
	ADDQ    $4, R10
	CMPQ    R10, CX
	JLT     slideRow4
	VZEROUPPER
	RET

// func gatherAVX2(gram *float64, stride int, x *float64, n int)
// Adds the products of n rows of x, n at least 1, to a triangle: eight entries of four of its rows stay in registers while the rows of x
// pass. The last group of rows has an odd number of four entries, as has every second.
TEXT ·gatherAVX2(SB), NOSPLIT, $0-32
	MOVQ gram+0(FP), DI
	MOVQ stride+8(FP), CX   // entries of the rows at hand
	MOVQ x+16(FP), SI       // from entry i on
	LEAQ (CX*8), R9         // bytes from row to row of x

gatherRows:
	LEAQ (CX*8), R8         // bytes from row to row of the triangle
	LEAQ (R8)(R8*2), R12
	XORQ R10, R10           // bytes into the rows

gather8:
	MOVQ    R8, AX
	SUBQ    R10, AX
	CMPQ    AX, $64
	JLT     gather4
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD (DI)(R8*1), Y2
	VMOVUPD 32(DI)(R8*1), Y3
	VMOVUPD (DI)(R8*2), Y4
	VMOVUPD 32(DI)(R8*2), Y5
	VMOVUPD (DI)(R12*1), Y6
	VMOVUPD 32(DI)(R12*1), Y7
	MOVQ    SI, BX
	MOVQ    n+24(FP), R11

gather8row:
	VMOVUPD      (BX)(R10*1), Y8
	VMOVUPD      32(BX)(R10*1), Y9
	VBROADCASTSD (BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VADDPD       Y11, Y0, Y0
	VADDPD       Y12, Y1, Y1
	VBROADCASTSD 8(BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VADDPD       Y11, Y2, Y2
	VADDPD       Y12, Y3, Y3
	VBROADCASTSD 16(BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VADDPD       Y11, Y4, Y4
	VADDPD       Y12, Y5, Y5
	VBROADCASTSD 24(BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VADDPD       Y11, Y6, Y6
	VADDPD       Y12, Y7, Y7
	ADDQ         R9, BX
	DECQ         R11
	JNZ          gather8row
	VMOVUPD      Y0, (DI)
	VMOVUPD      Y1, 32(DI)
	VMOVUPD      Y2, (DI)(R8*1)
	VMOVUPD      Y3, 32(DI)(R8*1)
	VMOVUPD      Y4, (DI)(R8*2)
	VMOVUPD      Y5, 32(DI)(R8*2)
	VMOVUPD      Y6, (DI)(R12*1)
	VMOVUPD      Y7, 32(DI)(R12*1)
	ADDQ         $64, DI
	ADDQ         $64, R10
	JMP          gather8

gather4:
	TESTQ   AX, AX
	JLE     gatherNext
	VMOVUPD (DI), Y0
	VMOVUPD (DI)(R8*1), Y2
	VMOVUPD (DI)(R8*2), Y4
	VMOVUPD (DI)(R12*1), Y6
	MOVQ    SI, BX
	MOVQ    n+24(FP), R11

gather4row:
	VMOVUPD      (BX)(R10*1), Y8
	VBROADCASTSD (BX), Y10
	VMULPD       Y8, Y10, Y10
	VADDPD       Y10, Y0, Y0
	VBROADCASTSD 8(BX), Y11
	VMULPD       Y8, Y11, Y11
	VADDPD       Y11, Y2, Y2
	VBROADCASTSD 16(BX), Y12
	VMULPD       Y8, Y12, Y12
	VADDPD       Y12, Y4, Y4
	VBROADCASTSD 24(BX), Y13
	VMULPD       Y8, Y13, Y13
	VADDPD       Y13, Y6, Y6
	ADDQ         R9, BX
	DECQ         R11
	JNZ          gather4row
	VMOVUPD      Y0, (DI)
	VMOVUPD      Y2, (DI)(R8*1)
	VMOVUPD      Y4, (DI)(R8*2)
	VMOVUPD      Y6, (DI)(R12*1)
	ADDQ         $32, DI

gatherNext:
	ADDQ R12, DI            // to the row after these four
	ADDQ $32, SI
	SUBQ $4, CX
	JG   gatherRows
	VZEROUPPER
	RET

// func factorizeAVX2(l *float64, ld, n int, own, inv *float64, dependent float64) int
// Four columns at a time: first what the columns before them explain of all four is taken away, eight entries of each at a time, then
// each is finished against those of the four before it. Entry n of a column is worked on as well. Entries above the diagonal, and up to
// seven past n, become what nothing reads.
TEXT ·factorizeAVX2(SB), NOSPLIT, $0-56
	MOVQ  l+0(FP), SI       // entry j of column 0
	MOVQ  ld+8(FP), R8
	MOVQ  n+16(FP), CX
	MOVQ  own+24(FP), AX
	MOVQ  inv+32(FP), DI
	VMOVSD dependent+40(FP), X14
	SHLQ  $3, R8            // bytes from column to column
	LEAQ  (R8)(R8*2), R12   // and three
	MOVQ  SI, DX            // entry j of column j
	XORQ  R9, R9            // j

panel:
	CMPQ  R9, CX
	JGE   panelDone
	TESTQ R9, R9
	JZ    columns           // nothing before: finish four columns
	MOVQ  CX, R13
	SUBQ  R9, R13
	CMPQ  R13, $4
	JLT   columns           // fewer than four left: each against all before it
	XORQ  R10, R10          // bytes into the entries
	INCQ  R13               // entries left

elim4x8:
	LEAQ    (DX)(R10*1), R15
	VMOVUPD (R15), Y0
	VMOVUPD 32(R15), Y1
	VMOVUPD (R15)(R8*1), Y2
	VMOVUPD 32(R15)(R8*1), Y3
	VMOVUPD (R15)(R8*2), Y4
	VMOVUPD 32(R15)(R8*2), Y5
	VMOVUPD (R15)(R12*1), Y6
	VMOVUPD 32(R15)(R12*1), Y7
	MOVQ    SI, BX
	MOVQ    R9, R11

elim4x8k:
	VMOVUPD      (BX)(R10*1), Y8
	VMOVUPD      32(BX)(R10*1), Y9
	VBROADCASTSD (BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VSUBPD       Y11, Y0, Y0
	VSUBPD       Y12, Y1, Y1
	VBROADCASTSD 8(BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VSUBPD       Y11, Y2, Y2
	VSUBPD       Y12, Y3, Y3
	VBROADCASTSD 16(BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VSUBPD       Y11, Y4, Y4
	VSUBPD       Y12, Y5, Y5
	VBROADCASTSD 24(BX), Y10
	VMULPD       Y8, Y10, Y11
	VMULPD       Y9, Y10, Y12
	VSUBPD       Y11, Y6, Y6
	VSUBPD       Y12, Y7, Y7
	ADDQ         R8, BX
	DECQ         R11
	JNZ          elim4x8k
	VMOVUPD      Y0, (R15)
	VMOVUPD      Y1, 32(R15)
	VMOVUPD      Y2, (R15)(R8*1)
	VMOVUPD      Y3, 32(R15)(R8*1)
	VMOVUPD      Y4, (R15)(R8*2)
	VMOVUPD      Y5, 32(R15)(R8*2)
	VMOVUPD      Y6, (R15)(R12*1)
	VMOVUPD      Y7, 32(R15)(R12*1)
	ADDQ         $64, R10
	SUBQ         $8, R13
	JG           elim4x8

	MOVQ DX, R13            // entry j of the first column not yet taken away
	JMP  finish

columns:
	MOVQ SI, R13

finish:
	MOVQ R9, R10            // k, the column at hand
	ADDQ $4, R9
	CMPQ R9, CX
	JLE  column
	MOVQ CX, R9             // where this panel ends

column:                     // DX: entry k of column k; R13: entry k of the first column to take away
	VMOVSD (DX), X0
	MOVQ   R13, BX

diagonal:
	CMPQ   BX, DX
	JGE    root
	VMOVSD (BX), X1
	VMULSD X1, X1, X1
	VSUBSD X1, X0, X0
	ADDQ   R8, BX
	CMPQ   BX, DX
	JLT    diagonal

root:
	VMULSD       (AX)(R10*8), X14, X1
	VUCOMISD     X1, X0     // JLS also where one is not a number
	JLS          dependentColumn
	VSQRTSD      X0, X0, X0
	MOVQ         $0x3FF0000000000000, R11
	VMOVQ        R11, X1    // not MOVQ, which has no VEX prefix: see assembly_test.go
	VDIVSD       X0, X1, X0
	VMOVSD       X0, (DI)(R10*8)
	VBROADCASTSD X0, Y15
	MOVQ         CX, R11
	SUBQ         R10, R11
	INCQ         R11        // entries k..n
	XORQ         R15, R15   // bytes into them

entries:
	VMOVUPD (DX)(R15*1), Y0
	MOVQ    R13, BX

before:
	CMPQ         BX, DX
	JGE          scaled
	VBROADCASTSD (BX), Y1
	VMULPD       (BX)(R15*1), Y1, Y1
	VSUBPD       Y1, Y0, Y0
	ADDQ         R8, BX
	JMP          before

scaled:
	VMULPD  Y15, Y0, Y0
	VMOVUPD Y0, (DX)(R15*1)
	ADDQ    $32, R15
	SUBQ    $4, R11
	JG      entries
	LEAQ    8(DX)(R8*1), DX
	ADDQ    $8, R13
	ADDQ    $8, SI
	INCQ    R10
	CMPQ    R10, R9
	JLT     column
	JMP     panel

dependentColumn:
	MOVQ R10, CX

panelDone:
	MOVQ CX, ret+48(FP)
	VZEROUPPER
	RET

// lanes<>+32-8*k is where a mask of the first k lanes begins.
DATA lanes<>+0(SB)/8, $-1
DATA lanes<>+8(SB)/8, $-1
DATA lanes<>+16(SB)/8, $-1
DATA lanes<>+24(SB)/8, $-1
DATA lanes<>+32(SB)/8, $0
DATA lanes<>+40(SB)/8, $0
DATA lanes<>+48(SB)/8, $0
DATA lanes<>+56(SB)/8, $0
GLOBL lanes<>(SB), RODATA|NOPTR, $64

// func dotAVX2(x, y *float64, n int) float64
TEXT ·dotAVX2(SB), NOSPLIT, $0-32
	MOVQ   x+0(FP), SI
	MOVQ   y+8(FP), DI
	MOVQ   n+16(FP), CX
	VXORPD Y0, Y0, Y0

dot4:
	CMPQ    CX, $4
	JLT     dotTail
	VMOVUPD (SI), Y1
	VMULPD  (DI), Y1, Y1
	VADDPD  Y1, Y0, Y0
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $4, CX
	JMP     dot4

dotTail:
	TESTQ      CX, CX
	JLE        dotJoin
	LEAQ       lanes<>(SB), AX
	NEGQ       CX
	VMOVUPD    32(AX)(CX*8), Y3
	VMASKMOVPD (SI), Y3, Y1
	VMASKMOVPD (DI), Y3, Y2
	VMULPD     Y2, Y1, Y1
	VADDPD     Y1, Y0, Y0

dotJoin:
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VADDSD       X1, X0, X0
	VMOVSD       X0, ret+24(FP)
	VZEROUPPER
	RET

// func pickAVX2(l *float64, ld int, gram *float64, base *int, active *int32, n int)
TEXT ·pickAVX2(SB), NOSPLIT, $0-48
	MOVQ l+0(FP), DI
	MOVQ ld+8(FP), R8
	MOVQ gram+16(FP), SI
	MOVQ base+24(FP), DX
	MOVQ active+32(FP), BX
	MOVQ n+40(FP), CX
	LEAQ 8(R8*8), R8        // bytes from diagonal to diagonal

pickColumn:
	MOVLQSX (BX), R9
	MOVQ    (DX)(R9*8), R9
	LEAQ    (SI)(R9*8), R9  // entry 0 of the triangle's row
	XORQ    R10, R10
	MOVQ    CX, R13
	SUBQ    $3, R13

pick4:
	CMPQ    R10, R13
	JGE     pick1
	MOVLQSX (BX)(R10*4), R11
	MOVLQSX 4(BX)(R10*4), R12
	MOVLQSX 8(BX)(R10*4), AX
	MOVLQSX 12(BX)(R10*4), R15
	VMOVSD  (R9)(R11*8), X0
	VMOVSD  (R9)(AX*8), X1
	VMOVHPD (R9)(R12*8), X0, X0
	VMOVHPD (R9)(R15*8), X1, X1
	VMOVUPD X0, (DI)(R10*8)
	VMOVUPD X1, 16(DI)(R10*8)
	ADDQ    $4, R10
	JMP     pick4

pick1:
	CMPQ    R10, CX
	JGE     pickNext
	MOVLQSX (BX)(R10*4), R11
	VMOVSD  (R9)(R11*8), X0
	VMOVSD  X0, (DI)(R10*8)
	INCQ    R10
	JMP     pick1

pickNext:
	ADDQ R8, DI
	ADDQ $4, BX
	DECQ CX
	JNZ  pickColumn
	RET

// func subtractRightAVX2(y *float64, stride int, gram *float64, base *int, active *int32, b *float64, n int)
// A row is taken from the group of four that its diagonal is in; what lies left of the diagonal counts as zero.
TEXT ·subtractRightAVX2(SB), NOSPLIT, $0-56
	MOVQ y+0(FP), DI
	MOVQ stride+8(FP), R8
	MOVQ gram+16(FP), SI
	MOVQ base+24(FP), DX
	MOVQ active+32(FP), BX
	MOVQ b+40(FP), AX
	MOVQ n+48(FP), CX
	LEAQ lanes<>(SB), R12

right:
	MOVLQSX      (BX), R9
	MOVQ         (DX)(R9*8), R11
	LEAQ         (SI)(R11*8), R11 // entry 0 of the triangle's row
	VBROADCASTSD (AX), Y0
	MOVQ         R9, R10
	ANDQ         $-4, R10
	SUBQ         R10, R9
	NEGQ         R9
	VMOVUPD      32(R12)(R9*8), Y2
	VANDNPD      (R11)(R10*8), Y2, Y1
	VMULPD       Y1, Y0, Y1
	VMOVUPD      (DI)(R10*8), Y3
	VSUBPD       Y1, Y3, Y3
	VMOVUPD      Y3, (DI)(R10*8)

right4:
	ADDQ    $4, R10
	CMPQ    R10, R8
	JGE     rightNext
	VMULPD  (R11)(R10*8), Y0, Y1
	VMOVUPD (DI)(R10*8), Y3
	VSUBPD  Y1, Y3, Y3
	VMOVUPD Y3, (DI)(R10*8)
	JMP     right4

rightNext:
	ADDQ $4, BX
	ADDQ $8, AX
	DECQ CX
	JNZ  right
	VZEROUPPER
	RET

// func subtractLeftAVX2(y *float64, gram *float64, base *int, active *int32, b *float64, n int, inactive *int32, m int)
TEXT ·subtractLeftAVX2(SB), NOSPLIT, $0-64
	MOVQ y+0(FP), DI
	MOVQ gram+8(FP), SI
	MOVQ base+16(FP), DX
	MOVQ active+24(FP), BX
	MOVQ b+32(FP), AX
	MOVQ n+40(FP), CX
	MOVQ inactive+48(FP), R8
	MOVQ m+56(FP), R13
	XORQ R12, R12           // the first active column to the right
	MOVQ CX, R15
	DECQ R15                // the last

left:
	MOVLQSX (R8), R9

leftSkip:
	CMPQ R12, CX
	JGE  leftDone           // none to the right of this one, nor of those after it
	CMPL (BX)(R12*4), R9
	JGE  leftRow
	INCQ R12
	JMP  leftSkip

leftRow:
	MOVQ   (DX)(R9*8), R11
	LEAQ   (SI)(R11*8), R11 // entry 0 of the triangle's row
	VMOVSD (DI)(R9*8), X0
	MOVQ   R12, R10

left2:
	CMPQ    R10, R15
	JGE     left1
	MOVLQSX (BX)(R10*4), R9
	VMOVSD  (R11)(R9*8), X1
	MOVLQSX 4(BX)(R10*4), R9
	VMOVSD  (R11)(R9*8), X2
	VMULSD  (AX)(R10*8), X1, X1
	VMULSD  8(AX)(R10*8), X2, X2
	VSUBSD  X1, X0, X0
	VSUBSD  X2, X0, X0
	ADDQ    $2, R10
	JMP     left2

left1:
	JNE     leftStore       // none left
	MOVLQSX (BX)(R10*4), R9
	VMOVSD  (R11)(R9*8), X1
	VMULSD  (AX)(R10*8), X1, X1
	VSUBSD  X1, X0, X0

leftStore:
	MOVLQSX (R8), R9
	VMOVSD  X0, (DI)(R9*8)
	ADDQ    $4, R8
	DECQ    R13
	JNZ     left

leftDone:
	RET

// func backAVX2(l *float64, ld, n int, inv, x *float64)
// x[k] = (y[k] - column k below the diagonal . x below k) * inv[k], from the last to the first; the products are summed as dotAVX2 does.
TEXT ·backAVX2(SB), NOSPLIT, $0-40
	MOVQ  l+0(FP), SI
	MOVQ  ld+8(FP), R8
	MOVQ  n+16(FP), R9
	MOVQ  inv+24(FP), DX
	MOVQ  x+32(FP), DI
	SHLQ  $3, R8
	MOVQ  R9, R10
	DECQ  R10               // k
	MOVQ  R10, AX
	IMULQ R8, AX
	ADDQ  AX, SI            // entry 0 of column k
	LEAQ  lanes<>(SB), R12

	VXORPD Y7, Y7, Y7       // x[k+1..k+4]: kept here, where they need no store to come through

backRow:
	LEAQ   8(SI)(R10*8), BX // entries k+1.. of column k
	LEAQ   40(DI)(R10*8), R11 // x[k+5]
	MOVQ   R9, CX
	SUBQ   R10, CX
	SUBQ   $5, CX           // how many more than four
	VXORPD Y0, Y0, Y0
	JLT    backFew
	VMULPD (BX), Y7, Y1
	VADDPD Y1, Y0, Y0
	ADDQ   $32, BX

back4:
	CMPQ    CX, $4
	JLT     backTail
	VMOVUPD (BX), Y1
	VMULPD  (R11), Y1, Y1
	VADDPD  Y1, Y0, Y0
	ADDQ    $32, BX
	ADDQ    $32, R11
	SUBQ    $4, CX
	JMP     back4

backTail:
	TESTQ      CX, CX
	JLE        backJoin
	NEGQ       CX
	VMOVUPD    32(R12)(CX*8), Y3
	VMASKMOVPD (BX), Y3, Y1
	VMASKMOVPD (R11), Y3, Y2
	VMULPD     Y2, Y1, Y1
	VADDPD     Y1, Y0, Y0
	JMP        backJoin

backFew:
	ADDQ       $4, CX       // none to three
	NEGQ       CX
	VMOVUPD    32(R12)(CX*8), Y3
	VMASKMOVPD (BX), Y3, Y1
	VMULPD     Y7, Y1, Y1
	VADDPD     Y1, Y0, Y0

backJoin:
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VPERMILPD    $1, X0, X1
	VADDSD       X1, X0, X0
	VMOVSD       (SI)(R9*8), X1
	VSUBSD       X0, X1, X1
	VMULSD       (DX)(R10*8), X1, X1
	VMOVSD       X1, (DI)(R10*8)
	VPERMPD      $0x90, Y7, Y7
	VBLENDPD     $1, Y1, Y7, Y7
	SUBQ         R8, SI
	DECQ         R10
	JGE          backRow
	VZEROUPPER
	RET
