#include "sync/item.h"

#include <string.h>

#include "base/text.h"

bool item_receipt_key(const char *segment_key, char out[PLACE_KEY_MAX])
{
    static const char end[] = ".parquet";
    const char *slash = strrchr(segment_key, '/');
    const char *name = slash ? slash + 1 : segment_key;
    size_t bytes = strlen(name), tail = sizeof end - 1;
    if (bytes <= tail || name[0] == '_' || strcmp(name + bytes - tail, end) != 0)
        return false;
    struct td_str str = td_str_on(out, PLACE_KEY_MAX);
    td_str_add_bytes(&str, segment_key, (size_t)(name - segment_key));
    td_str_add_char(&str, '_');
    td_str_add_bytes(&str, name, bytes - tail);
    td_str_add(&str, ".json");
    return !str.cut;
}
