#include "exchange/history.h"

#include <stddef.h>

void history_init(struct history *history, struct change *memory, uint64_t cap)
{
    *history = (struct history){memory, cap, 1};
}

void history_add(struct history *history, uint64_t *last, struct change change)
{
    change.before = *last;
    *last = history->next++;
    history->ring[*last % history->cap] = change;
}

struct change *history_at(const struct history *history, uint64_t number)
{
    bool kept = number > 0 && number < history->next && history->next - number <= history->cap;
    return kept ? &history->ring[number % history->cap] : NULL;
}

bool history_rewind(const struct history *history, uint64_t last, struct moment moment,
                    struct levels side[2])
{
    while (last > 0) {
        const struct change *change = history_at(history, last);
        if (change == NULL)
            return false;
        if (change->seq <= moment.seq && change->time_us <= moment.time_us)
            return true;
        levels_set(&side[change->ask], change->price_steps, change->old_steps);
        last = change->before;
    }
    return true;
}
