/* reaction.c - what makes of controllers do about faults, and what they call them.
 *
 * Siemens: S7-300 without error OBs. Event numbers and texts: System Software for S7-300/400, System and Standard Functions,
 *   "Event IDs"; a division by zero sets OV and OS (STL reference, /I), a string that is too long is cut and BR is 0.
 * Rockwell: Logix 5000 Controllers Major, Minor and I/O Faults (1756-PM014): type * 256 + code; overflow and string faults are
 * minor. Schneider: Unity Pro, System Bits and Words (EIO0000002135): %S18 overflow, %S20 index, %S15 string, which stop a
 * processor only
 *   where %S78 asks for it; %S11 watchdog, which halts it. The number is the system bit's.
 * CODESYS: Runtime V3, exceptions (CmpStd: RtsException); the application stops.
 * Generic: IEC 61131-3 leaves it to the implementer; every fault faults. */
#include "plc/controller.h"

#include <string.h>

#define FAULTS            (MR_PLC_NO_BLOCK + 1)
#define LOGIX(type, code) ((type) << 8 | (code))

static const struct plc_reaction reactions[MR_PLC_MAKES][FAULTS] = {
    [MR_PLC_GENERIC] = {[MR_PLC_WATCHDOG] = {PLC_FAULT, 0, "watchdog"},
                        [MR_PLC_DIV_ZERO] = {PLC_FAULT, 0, "division by zero"},
                        [MR_PLC_BOUNDS] = {PLC_FAULT, 0, "index or reference out of bounds"},
                        [MR_PLC_STACK] = {PLC_FAULT, 0, "calls nested too deep"},
                        [MR_PLC_STRING] = {PLC_FAULT, 0, "string error"},
                        [MR_PLC_NULL_REF] = {PLC_FAULT, 0, "null reference"},
                        [MR_PLC_BAD_CODE] = {PLC_FAULT, 0, "invalid code"},
                        [MR_PLC_NO_BLOCK] = {PLC_FAULT, 0, "a block is missing"}},
    [MR_PLC_SIEMENS] =
        {[MR_PLC_WATCHDOG] = {PLC_STOP, 0x4568, "STOP caused by time error (OB 80 not loaded): cycle time exceeded"},
         [MR_PLC_DIV_ZERO] = {PLC_CONTINUE, 0, "division by zero: OV and OS set"},
         [MR_PLC_BOUNDS] = {PLC_STOP, 0x4562, "STOP caused by programming error (OB 121 not loaded): area length error"},
         [MR_PLC_STACK] = {PLC_STOP, 0x4562, "STOP caused by programming error (OB 121 not loaded): nesting depth"},
         [MR_PLC_STRING] = {PLC_CONTINUE, 0, "string too long: cut, BR = 0"},
         [MR_PLC_NULL_REF] = {PLC_STOP, 0x4562, "STOP caused by programming error (OB 121 not loaded): area error"},
         [MR_PLC_BAD_CODE] = {PLC_STOP, 0x4562, "STOP caused by programming error (OB 121 not loaded): invalid code"},
         [MR_PLC_NO_BLOCK] = {PLC_STOP, 0x4562, "STOP caused by programming error (OB 121 not loaded): block not loaded"}},
    [MR_PLC_ROCKWELL] = {[MR_PLC_WATCHDOG] = {PLC_FAULT, LOGIX(6, 1), "Major fault: task watchdog expired"},
                         [MR_PLC_DIV_ZERO] = {PLC_CONTINUE, LOGIX(4, 4), "Minor fault: arithmetic overflow"},
                         [MR_PLC_BOUNDS] = {PLC_FAULT, LOGIX(4, 20), "Major fault: array subscript too large"},
                         [MR_PLC_STACK] = {PLC_FAULT, LOGIX(4, 84), "Major fault: stack overflow"},
                         [MR_PLC_STRING] = {PLC_CONTINUE, LOGIX(4, 52), "Minor fault: output string larger than its destination"},
                         [MR_PLC_NULL_REF] = {PLC_FAULT, LOGIX(4, 20), "Major fault: reference to nothing"},
                         [MR_PLC_BAD_CODE] = {PLC_FAULT, LOGIX(4, 16), "Major fault: unknown instruction encountered"},
                         [MR_PLC_NO_BLOCK] = {PLC_FAULT, LOGIX(4, 31),
                                              "Major fault: invalid JSR parameter, the routine is missing"}},
    [MR_PLC_SCHNEIDER] = {[MR_PLC_WATCHDOG] = {PLC_FAULT, 11, "HALT: watchdog overflow (%S11)"},
                          [MR_PLC_DIV_ZERO] = {PLC_CONTINUE, 18, "arithmetic error or overflow (%S18)"},
                          [MR_PLC_BOUNDS] = {PLC_CONTINUE, 20, "index overflow (%S20)"},
                          [MR_PLC_STACK] = {PLC_FAULT, 0, "HALT: calls nested too deep"},
                          [MR_PLC_STRING] = {PLC_CONTINUE, 15, "character string fault (%S15)"},
                          [MR_PLC_NULL_REF] = {PLC_FAULT, 0, "HALT: invalid reference"},
                          [MR_PLC_BAD_CODE] = {PLC_FAULT, 0, "HALT: invalid code"},
                          [MR_PLC_NO_BLOCK] = {PLC_FAULT, 0, "HALT: a section is missing"}},
    [MR_PLC_CODESYS] = {[MR_PLC_WATCHDOG] = {PLC_FAULT, 0, "*EXCEPTION* [Watchdog] occurred"},
                        [MR_PLC_DIV_ZERO] = {PLC_FAULT, 0, "*EXCEPTION* [DivisionByZero] occurred"},
                        [MR_PLC_BOUNDS] = {PLC_FAULT, 0, "*EXCEPTION* [ArrayBounds] occurred"},
                        [MR_PLC_STACK] = {PLC_FAULT, 0, "*EXCEPTION* [StackOverflow] occurred"},
                        [MR_PLC_STRING] = {PLC_CONTINUE, 0, "string cut"},
                        [MR_PLC_NULL_REF] = {PLC_FAULT, 0, "*EXCEPTION* [AccessViolation] occurred"},
                        [MR_PLC_BAD_CODE] = {PLC_FAULT, 0, "*EXCEPTION* [IllegalInstruction] occurred"},
                        [MR_PLC_NO_BLOCK] = {PLC_FAULT, 0, "*EXCEPTION* [UnresolvedExternalReference] occurred"}},
};

static_assert(FAULTS <= 8 * sizeof(((struct pc_vm *)0)->pass) + 1, "faults that may be passed over have a bit each");

enum mr_plc_make mr_plc_make_of(const char *vendor)
{
    static const struct {
        const char *begins;
        enum mr_plc_make make;
    } makes[] = {{"Siemens", MR_PLC_SIEMENS},     {"Rockwell", MR_PLC_ROCKWELL}, {"Allen-Bradley", MR_PLC_ROCKWELL},
                 {"Schneider", MR_PLC_SCHNEIDER}, {"Wago", MR_PLC_CODESYS},      {"WAGO", MR_PLC_CODESYS},
                 {"CODESYS", MR_PLC_CODESYS}};
    for (size_t i = 0; vendor && i < sizeof makes / sizeof makes[0]; i++) {
        if (strncmp(vendor, makes[i].begins, strlen(makes[i].begins)) == 0) {
            return makes[i].make;
        }
    }
    return MR_PLC_GENERIC;
}

void mr_plc_set_make(struct mr_plc *c, enum mr_plc_make make)
{
    c->reactions = reactions[(unsigned)make < MR_PLC_MAKES ? make : MR_PLC_GENERIC];
}
