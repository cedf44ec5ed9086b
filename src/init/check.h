/* Runs the recorder's own check of a configuration, as the recorder's user. */
#ifndef TD_INIT_CHECK_H
#define TD_INIT_CHECK_H

/* For config_choose(): 0 sound, else what it said in words. A check that does not end in time finds nothing wrong: it is the configuration
   that is judged, not the card's speed. Turns the loop meanwhile. */
int check_config(const char *path, char *words, unsigned cap);

#endif
