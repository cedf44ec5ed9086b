#include "init/card.h"
#include "init/file.h"
#include "init/places.h"
#include "init/report.h"

td_err report_write(const char *text, size_t bytes)
{
    char path[INIT_PLACE_MAX];
    TD_TRY(card_config_writable(true));
    td_err err = file_replace(init_place(INIT_CARD "/STATUS.txt", path), text, bytes, NULL);
    /* Whatever came of it: a card that stays writable is damaged when it is pulled. */
    td_err back = card_config_writable(false);
    return err < 0 ? err : back;
}
