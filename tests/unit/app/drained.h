/* What a deck left in its folder is what its journal alone makes. */
#ifndef TD_TEST_APP_DRAINED_H
#define TD_TEST_APP_DRAINED_H

#include "app/deck.h"
#include "tree.h"

static const char *below(const char *folder, const char *name)
{
    static char path[2][512];
    static unsigned turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* The journal alone, made into files elsewhere, gives the same files; none is missing and none is there twice. `params`: of a deck on the
   fresh folder `out`. */
static void check_drained(const char *dir, const char *out, struct deck_params params)
{
    static struct deck deck;
    static struct tree live, drained;
    static char journal[512];
    snprintf(journal, sizeof journal, "%s/journal", dir);
    params.journal = false;
    params.shm_path = NULL;
    params.drain_folder = journal;
    CHECK_EQ_I64(deck_open(&deck, &params), 0);
    deck_start(&deck, 0, TD_ORIGIN_SIM);
    CHECK_EQ_I64(deck_drain(&deck), 0);
    deck_close(&deck);
    free(params.instruments);
    tree_read(&live, below(dir, "ready"));
    tree_read(&drained, below(out, "ready"));
    CHECK(live.count > 0);
    CHECK_EQ_I64(live.count, drained.count);
    tree_check_holds(&live, &drained);
}

#endif
