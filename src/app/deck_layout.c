/* Where the parts of a deck stand: each by the plan, in one region; those that are seldom needed in another. */
#include "app/deck_parts.h"

/* Needed while recovering or making a checkpoint only: in a region of their own that is not locked into memory. */
static bool is_seldom(const char *name)
{
    return name == DECK_PART_READER || name == DECK_PART_STATE;
}

/* Place of a part by the plan; the frame log's terms are a mapping of their own, only its handle stands in the region. */
void *deck_take_part(struct deck *deck, const struct deck_plan *plan, const char *name)
{
    struct td_region *region = is_seldom(name) ? &deck->seldom : &deck->region;
    size_t bytes = name == DECK_PART_LOG ? framelog_footprint() : deck_plan_part(plan, name);
    TD_ASSERT(bytes > 0, "a part that is not in the plan");
    return td_region_take(region, name, bytes);
}

/* One piece of memory in three parts of the plan, so that the two that a configuration decides are seen. */
void deck_take_core(struct deck *deck, const struct deck_plan *plan)
{
    const char *const parts[] = {DECK_PART_CORE, DECK_PART_FEATURES, DECK_PART_MODELS};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (deck_plan_part(plan, parts[i]) == 0)
            continue; /* off */
        unsigned char *at = deck_take_part(deck, plan, parts[i]);
        if (deck->core_mem == NULL)
            deck->core_mem = at;
        TD_ASSERT(at == (unsigned char *)deck->core_mem + deck->core_bytes,
                  "parts of the core lie one behind the other");
        deck->core_bytes += deck_plan_part(plan, parts[i]);
    }
}

size_t deck_region_bytes(const struct deck_plan *plan, bool seldom)
{
    size_t bytes = (size_t)(DECK_PARTS_MAX + 1) * 64 + 4096; /* alignment of the parts */
    for (unsigned i = 0; i < plan->count; i++)
        if (is_seldom(plan->part[i].name) == seldom)
            bytes +=
                plan->part[i].name == DECK_PART_LOG ? framelog_footprint() : plan->part[i].bytes;
    return bytes;
}
