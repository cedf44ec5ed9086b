#include "lake/stores.h"

#include "fake_store.h"

static char seen[4096];

static td_err see(void *arg, const struct store_entry *entry)
{
    (void)arg;
    size_t at = strlen(seen);
    snprintf(seen + at, sizeof seen - at, "%s%s:%d ", entry->key, entry->is_prefix ? "+" : "",
             (int)entry->bytes);
    return 0;
}

static td_err list(const char *path, const char *delimiter)
{
    seen[0] = 0;
    return stores_list(path, delimiter, (struct store_visit){.entry = see});
}

static void given_names(void)
{
    fake_begin();
    fake_put("a/1", "x", 1);
    fake_put("a/2", "xy", 2);
    fake_put("a/b/3", "xyz", 3);
    fake_put("ab/4", "xyzt", 4);
}

TEST(a_list_is_read_to_its_end)
{
    given_names();
    fake.page = 1;
    CHECK_EQ_I64(list("s3://bucket/a", NULL), 0);
    CHECK_EQ_STR(seen, "a/1:1 a/2:2 a/b/3:3 ");
    CHECK_EQ_I64(fake.lists, 3);
    CHECK_EQ_I64(list("s3://bucket/a/", "/"), 0);
    CHECK_EQ_STR(seen, "a/1:1 a/2:2 a/b/+:3 ");
    CHECK_EQ_I64(list("s3://bucket", NULL), 0);
    CHECK_EQ_STR(seen, "a/1:1 a/2:2 a/b/3:3 ab/4:4 ");
}

static unsigned circle; /* so many pages, then the first again */

static void submit_endless(void *ctx, struct store_call *call)
{
    (void)ctx;
    call->result = (struct store_result){.outcome = STORE_FINE};
    snprintf(call->result.token, sizeof call->result.token, "%u", fake.lists % circle);
    fake.done = call;
    fake.lists++;
}

TEST(a_list_without_an_end_is_an_error)
{
    struct store store = {.submit = submit_endless, .wait = fake_wait, .close = fake_nothing};
    fake_begin();
    CHECK(stores_add("s3://endless", &store));
    for (circle = 1; circle < 5; circle++) {
        fake.lists = 0;
        CHECK_EQ_I64(list("s3://endless/x", NULL), TD_E_NET_PROTOCOL);
        CHECK(strstr(stores_why(), "does not come to its end") != NULL);
        CHECK(fake.lists > circle && fake.lists < 4 * circle);
    }
}

TEST(a_bucket_is_found_by_its_name)
{
    struct stores_object object;
    given_names();
    CHECK_EQ_I64(stores_head("s3://bucket/a/2", &object), 0);
    CHECK_EQ_I64(object.bytes, 2);
    CHECK_EQ_I64(stores_head("s3://bucket/a/9", &object), TD_E_MISSING);
    CHECK_EQ_I64(stores_count().requests, 2);
}

TEST(what_is_no_address_is_said)
{
    struct stores_object object;
    fake_begin();
    CHECK_EQ_I64(stores_head("s3://", &object), TD_E_SYNTAX);
    CHECK_EQ_I64(stores_head("s3://B/x", &object), TD_E_SYNTAX);
    CHECK(strstr(stores_why(), "s3://bucket/folder") != NULL);
    CHECK_EQ_I64(stores_count().requests, 0);
}

/* Each has words, and those that a user can do something about have advice. */
TEST(each_outcome_is_an_error_of_the_network)
{
    struct stores_object object;
    given_names();
    for (fake.fate = STORE_FINE + 1; fake.fate < STORE_LOCAL; fake.fate++) {
        if (fake.fate == STORE_AGAIN || fake.fate == STORE_LOST || fake.fate == STORE_DAMAGED)
            continue; /* asked again, which takes time */
        td_err err = stores_head("s3://bucket/a/1", &object);
        CHECK(fake.fate == STORE_ABSENT ? err == TD_E_MISSING
                                        : err <= TD_E_NET_CLOSED && err >= TD_E_NET_TIMEOUT);
        CHECK(strstr(stores_why(), store_outcome_words[fake.fate]) != NULL);
        CHECK(stores_advice() != NULL || fake.fate == STORE_EXISTS ||
              fake.fate == STORE_NO_UPLOAD || fake.fate == STORE_REFUSED ||
              fake.fate == STORE_UNSUPPORTED);
    }
}

static td_err refuse(void *arg, const struct store_entry *entry)
{
    (void)arg, (void)entry;
    return TD_E_NO_MEMORY;
}

/* fake_list() wants visitors to be content. */
static void submit_refused(void *ctx, struct store_call *call)
{
    (void)ctx;
    struct store_entry entry = {.key = "x"};
    call->result = (struct store_result){.outcome = STORE_LOCAL};
    call->result.err = call->op.visit.entry(call->op.visit.arg, &entry);
    fake.done = call;
}

TEST(a_visitors_error_comes_back)
{
    struct store store = {.submit = submit_refused, .wait = fake_wait, .close = fake_nothing};
    fake_begin();
    CHECK(stores_add("gs://other", &store));
    CHECK_EQ_I64(stores_list("gs://other", NULL, (struct store_visit){.entry = refuse}),
                 TD_E_NO_MEMORY);
}
