/* Prints docs/VENUES.md: every venue from its descriptor, beside what was proven of it. Evidence comes on stdin, a line a recording as
   `tests/captures/venues/compare.py --evidence` counts them. `make docs` writes the page. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "venue/venue.h"

enum { VENUES_MAX = 128, LINE_MAX = 512, COUNTS = 6 };
enum count { FRAMES, BOOK_EVENTS, LINKS, SUMS, TRADES, TICKERS };

struct evidence {
    uint64_t count[COUNTS];
};

static const char *const spoken[] = {
#define X(name) #name,
#include "exchange/feed_list.h"
#undef X
};

static bool is_spoken(const char *name)
{
    for (size_t i = 0; i < sizeof spoken / sizeof *spoken; i++)
        if (strcmp(spoken[i], name) == 0)
            return true;
    return false;
}

static int index_of(const char *name)
{
    for (unsigned i = 0; venue_at(i) != NULL; i++)
        if (strcmp(venue_at(i)->name, name) == 0)
            return (int)i;
    return -1;
}

/* False: a line that names no venue, or is none. */
static bool add_line(struct evidence *all, const char *line)
{
    char name[64];
    uint64_t count[COUNTS];
    if (sscanf(line, "%63s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
               name, &count[0], &count[1], &count[2], &count[3], &count[4],
               &count[5]) != COUNTS + 1)
        return false;
    int index = index_of(name);
    for (int i = 0; index >= 0 && i < COUNTS; i++)
        all[index].count[i] += count[i];
    return index >= 0;
}

static void print_head(void)
{
    puts("# Venues\n"
         "\n"
         "Every venue of this build, printed from the descriptors in `src/venue/` and\n"
         "from recorded traffic by `make docs`; a test compares this page with both. The\n"
         "name is that of the section in tapedeck.ini and of the column `exchange`.\n"
         "`tapedeck venues` and `tapedeck symbols NAME` show more of each.\n"
         "\n"
         "- **proven by**: how a hole or a wrong book is seen. *range*: changes carry\n"
         "  first and last number; *previous*: each names the one before; *book+1* and\n"
         "  *connection+1*: a counter of the book or of the connection; *checksum*: a\n"
         "  sum over the best levels; *none*: nothing on the wire can prove it, so a\n"
         "  snapshot begins the book and trade ids, heartbeats and crossed books are the\n"
         "  tripwires.\n"
         "- **base**: where the first image of a book comes from: the subscription, an\n"
         "  HTTP answer, or an answer on the socket.\n"
         "- **recorded**: received frames of real traffic that replay to exactly what an\n"
         "  independent reading counts; *links* and *sums* are the sequence numbers and\n"
         "  checksums that held, all of them. Without recorded traffic a venue is built\n"
         "  from its documentation: facts in its file that nobody has confirmed are\n"
         "  named there, and `url` and `rest_url` of the section override addresses.\n"
         "- **spoken by the bundled exchange**: its protocol runs through the matrix of\n"
         "  faults in the tests.\n"
         "\n"
         "| name | title | proven by | checksum | base | side on the wire | trades back-filled | "
         "recorded | spoken by the bundled exchange |\n"
         "|--|--|--|--|--|--|--|--|--|");
}

static void print_recorded(const struct evidence *evidence)
{
    const uint64_t *count = evidence->count;
    if (count[FRAMES] == 0) {
        printf("no");
        return;
    }
    printf("%" PRIu64 " frames: %" PRIu64 " book events, %" PRIu64 " trades, %" PRIu64 " tickers",
           count[FRAMES], count[BOOK_EVENTS], count[TRADES], count[TICKERS]);
    if (count[LINKS] > 0)
        printf("; %" PRIu64 " links", count[LINKS]);
    if (count[SUMS] > 0)
        printf("; %" PRIu64 " sums", count[SUMS]);
}

static void print_venue(const struct venue *venue, const struct evidence *evidence)
{
    static const char *const rules[] = {"none",   "range",        "previous",
                                        "book+1", "connection+1", "checksum"};
    static const char *const bases[] = {"subscription", "HTTP", "socket"};
    printf("| `%s` | %s | %s | %s | %s | %s | %s | ", venue->name, venue->title, rules[venue->rule],
           venue->checksum == VENUE_CHECKSUM_NONE ? "no" : "yes", bases[venue->resync],
           venue->side_is_maker ? "maker's" : "taker's", venue->trades_url != NULL ? "yes" : "no");
    print_recorded(evidence);
    printf(" | %s |\n", is_spoken(venue->name) ? "yes" : "no");
}

int main(void)
{
    static struct evidence all[VENUES_MAX];
    char line[LINE_MAX];
    while (fgets(line, sizeof line, stdin) != NULL)
        if (!add_line(all, line)) {
            fprintf(stderr, "venue_page: not a line of evidence: %s", line);
            return 2;
        }
    print_head();
    for (unsigned i = 0; venue_at(i) != NULL && i < VENUES_MAX; i++)
        print_venue(venue_at(i), &all[i]);
    return 0;
}
