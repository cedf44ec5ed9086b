#include "init/places.h"

#include "base/err.h"
#include "base/text.h"

static const char *root = "";

void init_places_under(const char *folder)
{
    root = folder;
}

const char *init_place(const char *place, char out[INIT_PLACE_MAX])
{
    struct td_str str = td_str_on(out, INIT_PLACE_MAX);
    td_str_add(&str, root);
    td_str_add(&str, place);
    TD_ASSERT(!str.cut, "a place fits its buffer");
    return out;
}
