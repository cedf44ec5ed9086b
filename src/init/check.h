/* Runs the recorder's own check of a configuration, as the recorder's user. */
#ifndef TD_INIT_CHECK_H
#define TD_INIT_CHECK_H

#include <stdbool.h>

/* For config_choose(): 0 sound, else what it said in words. A check that does not end in time finds nothing wrong: it is the configuration
   that is judged, not the card's speed. Turns the loop meanwhile. */
int check_config(const char *path, char *words, unsigned cap);
/* The pure half, of the check's end as wait(2) tells it. A symbol list that is not there yet is no mistake of the owner's: the recorder fetches
   it. */
bool check_is_sound(int status);

#endif
