#include "textflag.h"

// Each function takes n rows, a multiple of four and not none. Products and sums are rounded each by itself, as in the Go code.

DATA one<>+0(SB)/8, $0x3FF0000000000000
GLOBL one<>(SB), RODATA|NOPTR, $8

DATA lowest<>+0(SB)/8, $0xFFF0000000000000
GLOBL lowest<>(SB), RODATA|NOPTR, $8

DATA highest<>+0(SB)/8, $0x7FF0000000000000
GLOBL highest<>(SB), RODATA|NOPTR, $8

// func joinAVX2(longEarned, shortEarned, longChange, shortChange, returns, net, values, turnover *float64, n int, value float64) (last, least float64)
// The chain of values is what takes time, a product a row; all else is done in its shadow.
TEXT ·joinAVX2(SB), NOSPLIT, $0-96
	MOVQ         longEarned+0(FP), AX
	MOVQ         shortEarned+8(FP), BX
	MOVQ         longChange+16(FP), CX
	MOVQ         shortChange+24(FP), DX
	MOVQ         returns+32(FP), SI
	MOVQ         net+40(FP), DI
	MOVQ         values+48(FP), R8
	MOVQ         turnover+56(FP), R9
	MOVQ         n+64(FP), R10
	VMOVSD       value+72(FP), X0
	VBROADCASTSD one<>(SB), Y5
	VBROADCASTSD highest<>(SB), Y6 // the least factor so far, of each lane
	XORQ         R11, R11

join4:
	VMOVUPD      (AX)(R11*8), Y1
	VSUBPD       (BX)(R11*8), Y1, Y1
	VMOVUPD      Y1, (SI)(R11*8)
	VMOVUPD      Y1, (DI)(R11*8)
	VMOVUPD      (CX)(R11*8), Y2
	VADDPD       (DX)(R11*8), Y2, Y2
	VMOVUPD      Y2, (R9)(R11*8)
	VADDPD       Y1, Y5, Y1
	VMINPD       Y6, Y1, Y6          // of a factor that is none, Y6
	VMULSD       X1, X0, X0
	VMOVSD       X0, (R8)(R11*8)
	VPERMILPD    $1, X1, X3
	VMULSD       X3, X0, X0
	VMOVSD       X0, 8(R8)(R11*8)
	VEXTRACTF128 $1, Y1, X3
	VMULSD       X3, X0, X0
	VMOVSD       X0, 16(R8)(R11*8)
	VPERMILPD    $1, X3, X3
	VMULSD       X3, X0, X0
	VMOVSD       X0, 24(R8)(R11*8)
	ADDQ         $4, R11
	CMPQ         R11, R10
	JLT          join4
	VEXTRACTF128 $1, Y6, X7
	VMINPD       X7, X6, X6
	VPERMILPD    $1, X6, X7
	VMINSD       X7, X6, X6
	VMOVSD       X0, last+80(FP)
	VMOVSD       X6, least+88(FP)
	VZEROUPPER
	RET

// func sumAVX2(v *float64, n int, s *[4]float64)
TEXT ·sumAVX2(SB), NOSPLIT, $0-24
	MOVQ   v+0(FP), SI
	MOVQ   n+8(FP), CX
	MOVQ   s+16(FP), DI
	VXORPD Y0, Y0, Y0

sum4:
	VADDPD  (SI), Y0, Y0
	ADDQ    $32, SI
	SUBQ    $4, CX
	JG      sum4
	VMOVUPD Y0, (DI)
	VZEROUPPER
	RET

// func deviationsAVX2(v *float64, n int, mean float64, d *deviations)
TEXT ·deviationsAVX2(SB), NOSPLIT, $0-32
	MOVQ         v+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSD mean+16(FP), Y0
	MOVQ         d+24(FP), DI
	VXORPD       X1, X1, X1 // squares
	VXORPD       X2, X2, X2 // below
	VXORPD       Y3, Y3, Y3 // positive
	VXORPD       Y7, Y7, Y7

deviations4:
	VMOVUPD      (SI), Y4
	VSUBPD       Y0, Y4, Y5
	VMULPD       Y5, Y5, Y5
	VMINPD       Y7, Y4, Y6
	VMULPD       Y6, Y6, Y6
	VCMPPD       $30, Y7, Y4, Y4 // above zero: all bits, which is -1
	VPSUBQ       Y4, Y3, Y3
	VADDPD       X5, X1, X1
	VADDPD       X6, X2, X2
	VEXTRACTF128 $1, Y5, X5
	VEXTRACTF128 $1, Y6, X6
	VADDPD       X5, X1, X1
	VADDPD       X6, X2, X2
	ADDQ         $32, SI
	SUBQ         $4, CX
	JG           deviations4
	VMOVUPD      X1, (DI)
	VMOVUPD      X2, 16(DI)
	VMOVDQU      Y3, 32(DI)
	VZEROUPPER
	RET

// func deepestAVX2(v *float64, n int) (highest, deepest float64)
// A maximum is the same in any order. Every row is divided, where the Go code divides few: four divisions take less than one wrong guess.
TEXT ·deepestAVX2(SB), NOSPLIT, $0-32
	MOVQ         v+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSD one<>(SB), Y0    // the highest so far
	VMOVAPD      Y0, Y1           // the deepest so far, of each lane
	VBROADCASTSD lowest<>(SB), Y7

deepest4:
	VMOVUPD   (SI), Y2
	VCMPPD    $3, Y2, Y2, Y3      // what is missing
	VBLENDVPD Y3, Y7, Y2, Y4      // is lower than all
	VPERMPD   $0x90, Y4, Y5       // lanes 0 0 1 2
	VMAXPD    Y4, Y5, Y5
	VPERMPD   $0x40, Y5, Y6       // lanes 0 0 0 1
	VMAXPD    Y5, Y6, Y5
	VMAXPD    Y0, Y5, Y5          // the highest up to each lane
	VPERMPD   $0xFF, Y5, Y0
	VDIVPD    Y5, Y2, Y6
	VMINPD    Y1, Y6, Y1          // of a ratio that is none, Y1
	ADDQ      $32, SI
	SUBQ      $4, CX
	JG        deepest4

	VEXTRACTF128 $1, Y1, X2
	VMINPD       X2, X1, X1
	VPERMILPD    $1, X1, X2
	VMINSD       X2, X1, X1
	VMOVSD       X0, highest+16(FP)
	VMOVSD       X1, deepest+24(FP)
	VZEROUPPER
	RET
