/* The partition table's bytes: sector 0, four entries of 16 bytes, little-endian. For card*.c and its tests.

     446 + 16 (n - 1):  status | CHS of the first sector, 3 bytes | kind | CHS of the last, 3 | first sector, 4 | sectors, 4 */
#ifndef TD_INIT_CARD_TABLE_H
#define TD_INIT_CARD_TABLE_H

#include <stdint.h>

enum {
    CARD_ENTRY_AT = 446,
    CARD_ENTRY_BYTES = 16,
    CARD_ENTRY_KIND = 4,
    CARD_ENTRY_LAST_CHS = 5,
    CARD_ENTRY_START = 8,
    CARD_ENTRY_LENGTH = 12
};

uint32_t card_u32(const uint8_t *at);

#endif
