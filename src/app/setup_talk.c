#include "app/setup_talk.h"

#include <sys/mman.h>

#include "app/exits.h"
#include "app/secret.h"
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

static void take_token(struct setup *setup, unsigned endpoint)
{
    struct wire_endpoint *wire = &setup->endpoint[endpoint];
    const struct venue *venue = setup->subscriber[endpoint].venue;
    if (venue->token_path == NULL)
        return;
    struct td_str url = td_str_on(setup->token_url[endpoint], sizeof setup->token_url[endpoint]);
    td_str_add_format(&url, "%s%s", setup->deck.source[wire->source].rest_url, venue->token_path);
    TD_ASSERT(!url.cut, "a venue's path is within its limit");
    wire->token_url = setup->token_url[endpoint];
    wire->dial_url = venue->dial_url;
}

static void take_answers(struct setup *setup, unsigned endpoint)
{
    struct setup_endpoint *subscriber = &setup->subscriber[endpoint];
    const struct venue *venue = subscriber->venue;
    if (venue->answer == NULL)
        return;
    setup->endpoint[endpoint].answer = answer_text;
    setup->endpoint[endpoint].answer_arg = subscriber;
    if (venue->compression != VENUE_PLAIN && setup->inflate == NULL)
        setup->inflate = new_inflate();
    subscriber->inflate = setup->inflate;
}

/* Read once for all connections of a source. */
static int take_key(struct setup *setup, const struct td_config_venue *section, unsigned endpoint)
{
    struct wire_endpoint *wire = &setup->endpoint[endpoint];
    struct secret **secret = &setup->secret[wire->source];
    if (*secret == NULL && secret_load(setup->subscriber[endpoint].venue, section, setup->deck.os,
                                       secret) != EXIT_FINE)
        return EXIT_CONFIG;
    wire->sign = *secret != NULL ? secret_sign : NULL;
    wire->sign_arg = *secret;
    return EXIT_FINE;
}

int setup_talk(struct setup *setup, const struct td_config_venue *section, unsigned endpoint)
{
    const struct venue *venue = setup->subscriber[endpoint].venue;
    setup->endpoint[endpoint].headers = venue->headers;
    setup->endpoint[endpoint].subscribe_delay_ms = venue->subscribe_delay_ms;
    take_token(setup, endpoint);
    take_answers(setup, endpoint);
    return take_key(setup, section, endpoint);
}
