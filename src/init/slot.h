/* The slot that booted: its entry in the boot record, and the healthy mark. Init's only thread; what it writes to the card are single
   sectors. */
#ifndef TD_INIT_SLOT_H
#define TD_INIT_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/page.h"
#include "init/card.h"
#include "update/boot.h"

/* Which slot booted, as far as it can be known before the card is: letter of the command line (0: not said), else the firmware's word in the
   device tree. */
void slot_begin(char letter, const char *version);
/* 'A', 'B'; 0: not known before slot_settle. */
char slot_letter(void);
/* Counts this boot. True: the other slot must run, restart the machine. Without a card nothing of this page does anything. */
bool slot_settle(const struct card *card);
/* The open card; NULL: none. */
const struct boot_card *slot_card(void);
/* As on the card; slot_write_record() after a change. */
struct boot_record *slot_record(void);
void slot_write_record(void);
enum boot_slot slot_booted(void);

/* Is this a sign of health: a segment sealed by this process, or books proven without a pause for healthy_s? Keeps its own time. Pure but for
   that. page: NULL none. */
bool slot_proves(const struct page_view *page, int64_t mono_ns, int64_t healthy_s);
/* The healthy mark, once a boot. */
void slot_mark_healthy(void);

/* "slot A, 0.5.0; on trial, boot 1 of 3". */
void slot_text(char *out, size_t cap);

/* The firmware's number of the boot partition, four bytes, most significant first; 0: no slot's. Pure. */
char slot_of_partition(const unsigned char *bytes, size_t count);

#endif
