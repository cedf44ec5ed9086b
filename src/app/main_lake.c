/* The companion `tape`: works on segments on any host; the verbs are in lake/. */
#include "app/drain.h"

static int drain(const struct journal_drain *request)
{
    return drain_journal(request, deck_replay_journal);
}

int main(int argc, char **argv)
{
    verb_journal_drain_by(drain);
    return tape_main(argc, argv);
}
