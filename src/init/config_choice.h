/* Which configuration the recorder gets: the card's when it is sound, else the last sound one, else the one in the image. */
#ifndef TD_INIT_CONFIG_CHOICE_H
#define TD_INIT_CONFIG_CHOICE_H

#include <stdbool.h>

enum config_source { CONFIG_CARD, CONFIG_LAST_GOOD, CONFIG_SHIPPED };
enum { CONFIG_COMPLAINT_MAX = 2048 };

struct config_choice {
    enum config_source source;
    char complaint[CONFIG_COMPLAINT_MAX]; /* why it is not the card's, with lines; "" */
};

/* A tapedeck.ini that is missing from a card that can be read: the image's own, and that is said. From a card that cannot be read: the last
   sound one. No sound one anywhere: the image's own.
   Checks by running `tapedeck config --config FILE` as the recorder's user (check: 0 sound, else its words in complaint), copies the chosen
   one to INIT_RUN_CONFIG. Copies ca.pem and secrets.ini to their places too.
   The check sees a copy in memory that everybody may read: the card itself is root's alone. */
typedef int config_check_fn(const char *path, char *words, unsigned cap);
void config_choose(struct config_choice *choice, config_check_fn *check);
/* Keeps the card's configuration, where it is the one in force, as INIT_LAST_GOOD. It waits for the card: to be run aside (loop.h).
   False: it is not kept. */
bool config_keep(const struct config_choice *choice);

#endif
