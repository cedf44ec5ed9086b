#include "app/list_cache.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static struct list_writer writer;

static struct catalogue *catalogue(void)
{
    static void *mem;
    if (mem == NULL)
        mem = calloc(1, catalogue_footprint());
    return catalogue_init(mem, venue_find("coinbase"));
}

static const char *folder(void)
{
    static char dir[] = "/tmp/list_cache_test_XXXXXX";
    static bool made;
    if (!made)
        CHECK(mkdtemp(dir) != NULL);
    made = true;
    return dir;
}

static void begin(void)
{
    CHECK_EQ_I64(list_writer_open(&writer, &td_os_linux()->disk, folder(), "coinbase"), 0);
}

static void add(int64_t wall_ns, const char *payload)
{
    list_writer_add(&writer, wall_ns, payload, strlen(payload));
}

static bool exists(const char *name)
{
    char path[256];
    struct stat about;
    snprintf(path, sizeof path, "%s/lists/%s", folder(), name);
    return stat(path, &about) == 0;
}

static void rewrite(const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/lists/coinbase.list", folder());
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

TEST(nothing_is_kept_at_first)
{
    int64_t written_ns;
    CHECK_EQ_I64(list_cache_load(folder(), catalogue(), &written_ns), TD_E_MISSING);
}

TEST(pages_come_back_whatever_their_line_ends)
{
    int64_t written_ns = 0;
    begin();
    add(17, "https://x/products\t[\n  {\"id\":\"BTC-USD\",\r\n \"status\":\"online\"}\n]\n");
    add(18, "https://x/products\t[{\"id\":\"ETH-USD\"}]");
    CHECK(!exists("coinbase.list"));
    CHECK_EQ_I64(list_writer_end(&writer, catalogue()), 0);
    CHECK(exists("coinbase.list") && !exists("coinbase.list.part"));
    struct catalogue *read = catalogue();
    CHECK_EQ_I64(list_cache_load(folder(), read, &written_ns), 0);
    CHECK_EQ_I64(written_ns, 18);
    CHECK_EQ_I64(catalogue_count(read), 2);
    CHECK_EQ_STR(catalogue_at(read, 0)->status, "online");
}

TEST(what_is_no_list_leaves_the_one_that_stands)
{
    int64_t written_ns = 0;
    begin();
    add(19, "https://x/products\t<html>busy</html>");
    CHECK_EQ_I64(list_writer_end(&writer, catalogue()), TD_E_SYNTAX);
    begin();
    add(20, "https://x/products\t[]"); /* a list of nothing */
    CHECK_EQ_I64(list_writer_end(&writer, catalogue()), TD_E_SYNTAX);
    begin();
    add(21, "https://x/products\t[{\"id\":\"SOL-USD\"}]");
    list_writer_drop(&writer);
    CHECK(!exists("coinbase.list.part"));
    struct catalogue *read = catalogue();
    CHECK_EQ_I64(list_cache_load(folder(), read, &written_ns), 0);
    CHECK_EQ_I64(written_ns, 18);
    CHECK_EQ_I64(catalogue_count(read), 2);
}

TEST(a_damaged_file_is_told_from_none)
{
    static const char *const damaged[] = {
        "",
        "17\th\thttps://x/products\t[{\"id\":\"BTC-USD\"}]",    /* no line end */
        "17\th\thttps://x/products\t[{\"id\":\"BTC-U\n",        /* cut body */
        "x\th\thttps://x/products\t[{\"id\":\"BTC-USD\"}]\n",   /* no time */
        "17\t<\thttps://x/products\t[{\"id\":\"BTC-USD\"}]\n",  /* not HTTP */
        "17\th\thttps://x/elsewhere\t[{\"id\":\"BTC-USD\"}]\n", /* not of this venue */
        "17\n",
    };
    int64_t written_ns;
    for (unsigned i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        rewrite(damaged[i]);
        CHECK_EQ_I64(list_cache_load(folder(), catalogue(), &written_ns), TD_E_SYNTAX);
    }
    char command[256];
    snprintf(command, sizeof command, "rm -r %s", folder());
    CHECK_EQ_I64(system(command), 0);
}

TEST(a_folder_that_cannot_be_written_is_told)
{
    CHECK(list_writer_open(&writer, &td_os_linux()->disk, "/proc/nowhere", "coinbase") < 0);
    list_writer_drop(&writer);
}

TEST(ages_read_as_people_say_them)
{
    char age[32];
    list_age_text(-5, age);
    CHECK_EQ_STR(age, "0 min");
    list_age_text(59 * 60 * TD_NS_PER_S, age);
    CHECK_EQ_STR(age, "59 min");
    list_age_text(47 * TD_NS_PER_HOUR, age);
    CHECK_EQ_STR(age, "47 h");
    list_age_text(72 * TD_NS_PER_HOUR, age);
    CHECK_EQ_STR(age, "3 days");
}
