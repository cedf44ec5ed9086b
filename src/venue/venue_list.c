#include <string.h>

#include "base/text.h"
#include "venue/venue.h"

#define X(descriptor) extern const struct venue descriptor;
#include "venue/venue_list.h"
#undef X

static const struct venue *const venues[] = {
#define X(descriptor) &descriptor,
#include "venue/venue_list.h"
#undef X
};

enum {
    VENUES = 0
#define X(descriptor) +1
#include "venue/venue_list.h"
#undef X
};

const struct venue *venue_at(unsigned index)
{
    return index < VENUES ? venues[index] : NULL;
}

const struct venue *venue_find(const char *name)
{
    for (unsigned i = 0; i < VENUES; i++)
        if (strcmp(venues[i]->name, name) == 0)
            return venues[i];
    return NULL;
}

/* Near is a third of the name: a slip of the finger, not another word. */
const char *venue_nearest(const char *name)
{
    const char *nearest = NULL;
    unsigned least = UINT32_MAX;
    for (unsigned i = 0; i < VENUES; i++) {
        unsigned distance = td_text_distance(name, venues[i]->name);
        if (distance < least && distance * 3 <= strlen(venues[i]->name)) {
            least = distance;
            nearest = venues[i]->name;
        }
    }
    return nearest;
}
