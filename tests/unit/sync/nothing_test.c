#include "test.h"

#include "sync/nothing.h"

static enum store_outcome ask(struct store *store, enum store_verb verb)
{
    struct store_call call = {.op = {.verb = verb, .key = "a"}};
    store->submit(store->ctx, &call);
    CHECK(store->wait(store->ctx, -1) == &call);
    CHECK(store->wait(store->ctx, 0) == NULL);
    return call.result.outcome;
}

TEST(holds_nothing_and_takes_nothing)
{
    struct store store = nothing_store("/not/there");
    CHECK_EQ_STR(store.name, "/not/there");
    CHECK_EQ_I64(ask(&store, STORE_HEAD), STORE_ABSENT);
    CHECK_EQ_I64(ask(&store, STORE_GET), STORE_ABSENT);
    CHECK_EQ_I64(ask(&store, STORE_LIST), STORE_FINE);
    CHECK_EQ_I64(ask(&store, STORE_PUT), STORE_REFUSED);
    CHECK_EQ_I64(ask(&store, STORE_PARTS_OPEN), STORE_REFUSED);
}

TEST(many_come_back_in_their_order)
{
    struct store store = nothing_store("x");
    struct store_call call[3] = {0};
    for (int i = 0; i < 3; i++)
        store.submit(store.ctx, &call[i]);
    for (int i = 0; i < 3; i++)
        CHECK(store.wait(store.ctx, 0) == &call[i]);
    store.close(store.ctx);
}
