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

// func slideAVX2(gram *float64, stride, rows int, in, out *float64)
// stride is a multiple of 4 and at least 4. Row i of the triangle begins at column i&^3; the next follows it.
TEXT ·slideAVX2(SB), NOSPLIT, $0-40
	MOVQ gram+0(FP), DI
	MOVQ stride+8(FP), R8
	MOVQ rows+16(FP), CX
	MOVQ in+24(FP), SI
	MOVQ out+32(FP), DX
	XORQ R9, R9

slideRow:
	CMPQ         R9, CX
	JGE          slideDone
	VBROADCASTSD (SI)(R9*8), Y0
	VBROADCASTSD (DX)(R9*8), Y1
	MOVQ         R9, R10
	ANDQ         $-4, R10

slide4:
	VMULPD  (SI)(R10*8), Y0, Y2
	VADDPD  (DI), Y2, Y2
	VMULPD  (DX)(R10*8), Y1, Y3
	VSUBPD  Y3, Y2, Y2
	VMOVUPD Y2, (DI)
	ADDQ    $32, DI
	ADDQ    $4, R10
	CMPQ    R10, R8
	JLT     slide4
	INCQ    R9
	JMP     slideRow

slideDone:
	VZEROUPPER
	RET

// func gatherAVX2(gram *float64, stride, rows int, x *float64, n int)
// Adds the products of n rows of x, n at least 1, to a triangle: sixteen entries at a time stay in registers while the rows pass.
TEXT ·gatherAVX2(SB), NOSPLIT, $0-40
	MOVQ gram+0(FP), DI
	MOVQ stride+8(FP), R8
	MOVQ rows+16(FP), CX
	MOVQ x+24(FP), SI
	MOVQ R8, R12
	SHLQ $3, R12            // bytes from row to row of x
	XORQ R9, R9

gatherRow:
	CMPQ R9, CX
	JGE  gatherDone
	MOVQ R9, R10
	ANDQ $-4, R10

gather16:
	MOVQ    R8, AX
	SUBQ    R10, AX
	CMPQ    AX, $16
	JLT     gather4
	VMOVUPD (DI), Y1
	VMOVUPD 32(DI), Y2
	VMOVUPD 64(DI), Y3
	VMOVUPD 96(DI), Y4
	MOVQ    SI, BX
	MOVQ    n+32(FP), R11

gather16row:
	VBROADCASTSD (BX)(R9*8), Y0
	VMULPD       (BX)(R10*8), Y0, Y5
	VMULPD       32(BX)(R10*8), Y0, Y6
	VMULPD       64(BX)(R10*8), Y0, Y7
	VMULPD       96(BX)(R10*8), Y0, Y8
	VADDPD       Y5, Y1, Y1
	VADDPD       Y6, Y2, Y2
	VADDPD       Y7, Y3, Y3
	VADDPD       Y8, Y4, Y4
	ADDQ         R12, BX
	DECQ         R11
	JNZ          gather16row
	VMOVUPD      Y1, (DI)
	VMOVUPD      Y2, 32(DI)
	VMOVUPD      Y3, 64(DI)
	VMOVUPD      Y4, 96(DI)
	ADDQ         $128, DI
	ADDQ         $16, R10
	JMP          gather16

gather4:
	CMPQ    R10, R8
	JGE     gatherNext
	VMOVUPD (DI), Y1
	MOVQ    SI, BX
	MOVQ    n+32(FP), R11

gather4row:
	VBROADCASTSD (BX)(R9*8), Y0
	VMULPD       (BX)(R10*8), Y0, Y5
	VADDPD       Y5, Y1, Y1
	ADDQ         R12, BX
	DECQ         R11
	JNZ          gather4row
	VMOVUPD      Y1, (DI)
	ADDQ         $32, DI
	ADDQ         $4, R10
	JMP          gather4

gatherNext:
	INCQ R9
	JMP  gatherRow

gatherDone:
	VZEROUPPER
	RET

// func eliminate4AVX2(l *float64, ld, j, n int)
// Takes from entries j.. of columns j..j+3 what the columns 0..j-1 explain, eight entries of the four columns at a time. Entries above the
// diagonal, and up to seven past n, become what nothing reads. j is at least 1.
TEXT ·eliminate4AVX2(SB), NOSPLIT, $0-32
	MOVQ  l+0(FP), DI
	MOVQ  ld+8(FP), R8
	MOVQ  j+16(FP), R9
	MOVQ  n+24(FP), CX
	SUBQ  R9, CX            // entries left
	SHLQ  $3, R8            // bytes from column to column
	LEAQ  (R8)(R8*2), R12   // and three
	LEAQ  (DI)(R9*8), SI    // entry j of column 0
	MOVQ  R9, AX
	IMULQ R8, AX
	LEAQ  (SI)(AX*1), DX    // entry j of column j
	XORQ  R10, R10          // bytes into the entries

elim4x8:
	LEAQ    (DX)(R10*1), R13
	VMOVUPD (R13), Y0
	VMOVUPD 32(R13), Y1
	VMOVUPD (R13)(R8*1), Y2
	VMOVUPD 32(R13)(R8*1), Y3
	VMOVUPD (R13)(R8*2), Y4
	VMOVUPD 32(R13)(R8*2), Y5
	VMOVUPD (R13)(R12*1), Y6
	VMOVUPD 32(R13)(R12*1), Y7
	MOVQ    SI, BX
	MOVQ    R9, R11

elim4x8k:
	VMOVUPD      (BX)(R10*1), Y8
	VMOVUPD      32(BX)(R10*1), Y9
	VBROADCASTSD (BX), Y10
	VBROADCASTSD 8(BX), Y11
	VMULPD       Y8, Y10, Y12
	VMULPD       Y9, Y10, Y13
	VMULPD       Y8, Y11, Y14
	VMULPD       Y9, Y11, Y15
	VSUBPD       Y12, Y0, Y0
	VSUBPD       Y13, Y1, Y1
	VSUBPD       Y14, Y2, Y2
	VSUBPD       Y15, Y3, Y3
	VBROADCASTSD 16(BX), Y10
	VBROADCASTSD 24(BX), Y11
	VMULPD       Y8, Y10, Y12
	VMULPD       Y9, Y10, Y13
	VMULPD       Y8, Y11, Y14
	VMULPD       Y9, Y11, Y15
	VSUBPD       Y12, Y4, Y4
	VSUBPD       Y13, Y5, Y5
	VSUBPD       Y14, Y6, Y6
	VSUBPD       Y15, Y7, Y7
	ADDQ         R8, BX
	DECQ         R11
	JNZ          elim4x8k
	VMOVUPD      Y0, (R13)
	VMOVUPD      Y1, 32(R13)
	VMOVUPD      Y2, (R13)(R8*1)
	VMOVUPD      Y3, 32(R13)(R8*1)
	VMOVUPD      Y4, (R13)(R8*2)
	VMOVUPD      Y5, 32(R13)(R8*2)
	VMOVUPD      Y6, (R13)(R12*1)
	VMOVUPD      Y7, 32(R13)(R12*1)
	ADDQ         $64, R10
	SUBQ         $8, CX
	JG           elim4x8
	VZEROUPPER
	RET

// func eliminateAVX2(l *float64, ld, from, j, n int)
// Takes from entries j.. of column j what the columns from..j-1 explain. Works on whole groups of four entries: up to three
// past n, which nothing reads.
TEXT ·eliminateAVX2(SB), NOSPLIT, $0-40
	MOVQ  l+0(FP), DI
	MOVQ  ld+8(FP), R8
	MOVQ  from+16(FP), R12
	MOVQ  j+24(FP), R9
	MOVQ  n+32(FP), CX
	SUBQ  R9, CX            // entries left
	SHLQ  $3, R8            // bytes from column to column
	LEAQ  (DI)(R9*8), SI    // entry j of column 0
	MOVQ  R9, AX
	IMULQ R8, AX
	LEAQ  (SI)(AX*1), DX    // entry j of column j
	SUBQ  R12, R9           // columns to take away
	IMULQ R8, R12
	ADDQ  R12, SI           // entry j of column from
	XORQ  R10, R10          // bytes into the entries

elim16:
	CMPQ    CX, $12
	JLE     elim4
	VMOVUPD (DX)(R10*1), Y1
	VMOVUPD 32(DX)(R10*1), Y2
	VMOVUPD 64(DX)(R10*1), Y3
	VMOVUPD 96(DX)(R10*1), Y4
	MOVQ    SI, BX
	MOVQ    R9, R11

elim16k:
	TESTQ        R11, R11
	JLE          elim16store
	VBROADCASTSD (BX), Y0
	VMULPD       (BX)(R10*1), Y0, Y5
	VMULPD       32(BX)(R10*1), Y0, Y6
	VMULPD       64(BX)(R10*1), Y0, Y7
	VMULPD       96(BX)(R10*1), Y0, Y8
	VSUBPD       Y5, Y1, Y1
	VSUBPD       Y6, Y2, Y2
	VSUBPD       Y7, Y3, Y3
	VSUBPD       Y8, Y4, Y4
	ADDQ         R8, BX
	DECQ         R11
	JMP          elim16k

elim16store:
	VMOVUPD Y1, (DX)(R10*1)
	VMOVUPD Y2, 32(DX)(R10*1)
	VMOVUPD Y3, 64(DX)(R10*1)
	VMOVUPD Y4, 96(DX)(R10*1)
	ADDQ    $128, R10
	SUBQ    $16, CX
	JMP     elim16

elim4:
	TESTQ   CX, CX
	JLE     elimDone
	VMOVUPD (DX)(R10*1), Y1
	MOVQ    SI, BX
	MOVQ    R9, R11

elim4k:
	TESTQ        R11, R11
	JLE          elim4store
	VBROADCASTSD (BX), Y0
	VMULPD       (BX)(R10*1), Y0, Y5
	VSUBPD       Y5, Y1, Y1
	ADDQ         R8, BX
	DECQ         R11
	JMP          elim4k

elim4store:
	VMOVUPD Y1, (DX)(R10*1)
	ADDQ    $32, R10
	SUBQ    $4, CX
	JMP     elim4

elimDone:
	VZEROUPPER
	RET

// func scaleAVX2(x *float64, a float64, n int)
TEXT ·scaleAVX2(SB), NOSPLIT, $0-24
	MOVQ         x+0(FP), DI
	VBROADCASTSD a+8(FP), Y0
	MOVQ         n+16(FP), CX

scale4:
	CMPQ    CX, $4
	JLT     scale1
	VMULPD  (DI), Y0, Y1
	VMOVUPD Y1, (DI)
	ADDQ    $32, DI
	SUBQ    $4, CX
	JMP     scale4

scale1:
	TESTQ  CX, CX
	JLE    scaleDone
	VMULSD (DI), X0, X1
	VMOVSD X1, (DI)
	ADDQ   $8, DI
	DECQ   CX
	JMP    scale1

scaleDone:
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
