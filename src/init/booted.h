/* The slot that booted: its entry in the boot record, and the healthy mark. Init's only thread; what it writes to the card are single
   sectors. */
#ifndef TD_INIT_BOOTED_H
#define TD_INIT_BOOTED_H

#include <stdbool.h>
#include <stddef.h>

#include "app/page.h"
#include "init/card.h"
#include "update/boot.h"

/* Which slot booted, as far as it can be known before the card is: letter of the command line (0: not said), else the firmware's word in the
   device tree. */
void booted_begin(char letter, const char *version);
/* 'A', 'B'; 0: not known before booted_settle. */
char booted_letter(void);
/* Counts this boot. True: the other slot must run, restart the machine. Without a card nothing of this page does anything. */
bool booted_settle(const struct card *card);
/* The open card; NULL: none. */
const struct boot_card *booted_card(void);
/* As on the card; booted_write_record() after a change. */
struct boot_record *booted_record(void);
void booted_write_record(void);
enum boot_slot booted_slot(void);

/* Is this a sign of health: a segment sealed by this process, or books proven without a pause for healthy_s? Keeps its own time. Pure but for
   that. page: NULL none. */
bool booted_proves(const struct page_view *page, int64_t mono_ns, int64_t healthy_s);
/* The healthy mark, once a boot. */
void booted_mark_healthy(void);
/* This slot is tried and has no such mark yet. */
bool booted_on_trial(void);

/* "slot A, 0.5.0; on trial, boot 1 of 3". */
void booted_text(char *out, size_t cap);

/* The firmware's number of the boot partition, four bytes, most significant first; 0: no slot's. Pure. */
char booted_of_partition(const unsigned char *bytes, size_t count);

#endif
