#include "app/setup_talk.h"

#include <sys/mman.h>

#include "base/text.h"
#include "venue/inflate.h"

enum { ASKED_TEXT_MAX = 4096 }; /* what asks for an answer is short, also unpacked */

/* One for all endpoints: they are the wire thread's. */
static struct inflate *new_inflate(void)
{
    void *mem = mmap(NULL, inflate_footprint(ASKED_TEXT_MAX), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TD_ASSERT(mem != MAP_FAILED, "no memory at start");
    return inflate_init(mem, ASKED_TEXT_MAX);
}

static size_t answer_text(void *arg, bool binary, struct td_text message, char *out, size_t cap)
{
    const struct setup_endpoint *endpoint = arg;
    const struct venue *venue = endpoint->venue;
    if (binary && venue->compression != VENUE_PLAIN &&
        inflate_frame(endpoint->inflate, (enum venue_compression)venue->compression, message,
                      &message) < 0)
        return 0;
    return venue->answer(message, out, cap);
}

void setup_talk(struct setup *setup, unsigned endpoint)
{
    struct setup_endpoint *subscriber = &setup->subscriber[endpoint];
    struct wire_endpoint *wire = &setup->endpoint[endpoint];
    const struct venue *venue = subscriber->venue;
    wire->headers = venue->headers;
    wire->subscribe_delay_ms = venue->subscribe_delay_ms;
    if (venue->token_path) {
        const char *rest_url = setup->deck.source[wire->source].rest_url;
        struct td_str url =
            td_str_on(setup->token_url[endpoint], sizeof setup->token_url[endpoint]);
        td_str_add_format(&url, "%s%s", rest_url, venue->token_path);
        TD_ASSERT(!url.cut, "a venue's path is within its limit");
        wire->token_url = setup->token_url[endpoint];
        wire->dial_url = venue->dial_url;
    }
    if (venue->answer == NULL)
        return;
    wire->answer = answer_text;
    wire->answer_arg = subscriber;
    if (venue->compression != VENUE_PLAIN && setup->inflate == NULL)
        setup->inflate = new_inflate();
    subscriber->inflate = setup->inflate;
}
