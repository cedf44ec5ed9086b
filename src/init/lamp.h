/* The green lamp of the board (ACT): a pattern of lit and dark, driven by init, no timer of the kernel's needed. */
#ifndef TD_INIT_LAMP_H
#define TD_INIT_LAMP_H

#include <stdbool.h>
#include <stdint.h>

enum lamp_pattern {
    LAMP_STARTING,  /* lit */
    LAMP_RECORDING, /* a short flash every two seconds: all is well */
    LAMP_WARNING,   /* two short flashes every two seconds */
    LAMP_ALARM,     /* fast, even blinking: data is or will be missing */
    LAMP_UPDATING,  /* long flashes: do not cut the power if you can help it */
    LAMP_STOPPED    /* dark: the card may be pulled */
};

/* Lit or dark so long after the pattern began; *until_ns: so long it stays (INT64_MAX: for ever). Pure. */
bool lamp_lit(enum lamp_pattern pattern, int64_t since_ns, int64_t *until_ns);

/* Finds the lamp in leds_dir ("/sys/class/leds"); none is fine: ask again when more drivers are there. */
void lamp_open(const char *leds_dir);
void lamp_set(enum lamp_pattern pattern);
/* Called about ten times a second with CLOCK_MONOTONIC; writes only on a change. Returns ns until the next change;
   INT64_MAX: nothing to do before the next lamp_set(). */
int64_t lamp_turn(int64_t mono_ns);

#endif
