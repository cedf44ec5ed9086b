#include "exchange/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/os.h"
#include "exchange/http.h"
#include "exchange/memory.h"
#include "exchange/peer.h"

enum {
    PEERS = 96,
    HEAD_MAX = 16 << 10,
    MESSAGES_A_TURN = 512,
    BACKLOG_ENOUGH =
        256 << 10, /* with rate 0 no more is made while a client has so much before it */
    BEAT_US = 1000000,
    WAIT_MS_MAX = 200,
    LINGER_TURNS = 50, /* of at most WAIT_MS_MAX each, for the last answers to leave */
};

struct server {
    struct control *control;
    struct play *play;
    int listener;
    int64_t now_us, next_beat_us, rate_since_us;
    uint64_t made; /* messages since rate_since_us */
    int64_t rate;  /* that `made` was counted at */
    unsigned turn;
    bool more; /* go on without waiting */
    int64_t due_us;
    struct peer peer[PEERS];
    struct td_str page; /* /oracle, /control */
};

static volatile sig_atomic_t interrupted;

void server_interrupt(int signal)
{
    interrupted = signal;
}

struct server *server_make(struct control *control, struct play *play,
                           const mbedtls_ssl_config *config)
{
    struct server *server = memory_take(sizeof *server);
    server->control = control;
    server->play = play;
    server->listener = -1;
    server->page = td_str_on(memory_take(HOUSE_TEXT_BYTES), HOUSE_TEXT_BYTES);
    for (unsigned i = 0; i < PEERS; i++)
        peer_make(&server->peer[i], config);
    for (unsigned i = 0; i < control->houses; i++)
        control->house[i].recorded = play[i].lines > 0;
    return server;
}

int server_listen(struct server *server, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int on = 1;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0)
        return 0;
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server->listener, SOMAXCONN) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &bytes) < 0)
        return 0;
    for (unsigned i = 0; i < server->control->houses; i++)
        server->control->house[i].port = ntohs(address.sin_port);
    return ntohs(address.sin_port);
}

/* ---- HTTP ------------------------------------------------------------------------------------------------------------- */

/* True when a fault took the place of the answer. */
static bool answer_with_fault(struct peer *peer, struct house *house, enum fault_place place)
{
    static const char html[] = "<html><head><title>503</title></head><body><h1>503 Service "
                               "Temporarily Unavailable</h1></body></html>";
    static const char no[] = "{\"code\":-1003,\"msg\":\"Too many requests.\"}";
    struct fault fault = faults_pick_at(&house->faults, place);
    if (fault.kind == FAULT_HTML || fault.kind == FAULT_HTTP_HTML)
        http_answer(peer, 503, "text/html", html, sizeof html - 1);
    else if (fault.kind != FAULT_NONE)
        http_answer(peer, (int)fault.amount, "application/json", no, sizeof no - 1);
    return fault.kind != FAULT_NONE;
}

static void begin_playing(struct server *server, struct peer *peer)
{
    if (peer->listener.house && peer->listener.house->recorded)
        play_begin(&peer->cursor, server->now_us);
}

/* ?streams=a/b of Binance: as if it had been asked for. */
static void hear_streams(struct server *server, struct peer *peer, const char *target)
{
    const char *at = strstr(target, "streams=");
    char text[HEAD_MAX + 64];
    struct td_str out = td_str_on(text, sizeof text);
    if (at == NULL)
        return;
    td_str_add(&out, "{\"method\":\"SUBSCRIBE\",\"params\":[\"");
    for (at += strlen("streams="); *at && *at != '&'; at++)
        td_str_add(&out, *at == '/' ? "\",\"" : (char[]){*at, '\0'});
    td_str_add(&out, "\"],\"id\":0}");
    begin_playing(server, peer);
    house_hear(&peer->listener, text, out.bytes);
}

static void upgrade(struct server *server, struct peer *peer, struct house *house,
                    const char *target, struct td_text key)
{
    char accept[FRAME_ACCEPT_BYTES], head[256];
    struct td_str out = td_str_on(head, sizeof head);
    if (answer_with_fault(peer, house, FAULT_PLACE_UPGRADE))
        return;
    frame_accept(key.at, key.bytes, accept);
    td_str_add(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    td_str_add_bytes(&out, accept, sizeof accept);
    td_str_add(&out, "\r\n\r\n");
    peer_put(peer, head, out.bytes);
    peer->upgraded = true;
    peer->next_ping_us = server->now_us + house->feed->ws_ping_s * INT64_C(1000000);
    house->now_us = server->now_us;
    td_text_copy(peer->listener.path, sizeof peer->listener.path, target, strlen(target));
    if (!house_join(house, &peer->listener))
        peer->end = PEER_RESETS;
    else
        hear_streams(server, peer, target);
}

static size_t play_place(const struct server *server, const struct house *house)
{
    for (unsigned i = 0; i < PEERS; i++)
        if (server->peer[i].fd >= 0 && server->peer[i].listener.house == house)
            return server->peer[i].cursor.next;
    return 0;
}

static void serve_page(struct server *server, struct peer *peer, struct house *house,
                       const char *target)
{
    const char *body = "{}";
    size_t bytes = 2;
    int status = 404;
    if (answer_with_fault(peer, house, FAULT_PLACE_ANSWER))
        return;
    if (house->recorded) {
        const struct play *play = &server->play[house - server->control->house];
        status = play_answer(play, play_place(server, house), target, &body, &bytes) ? 200 : 404;
    } else {
        house_text(house)->at[0] = '\0';
        house->now_us = server->now_us;
        status = house->feed->page(house, target);
        body = house->text.at;
        bytes = house->text.bytes;
    }
    http_answer(peer, status, "application/json", body, bytes);
}

static void serve_request(struct server *server, struct peer *peer, char *head, struct td_text body)
{
    struct td_text key = http_header(head, "Sec-WebSocket-Key");
    char *target = strchr(head, ' '), *end = target ? strchr(target + 1, ' ') : NULL;
    struct td_str *page = &server->page;
    if (end == NULL || target[1] != '/') {
        http_answer(peer, 400, "text/plain", "not HTTP\n", 9);
        return;
    }
    *end = '\0';
    target++;
    size_t venue_bytes = strcspn(target + 1, "/?");
    struct house *house = control_house(server->control, target + 1, venue_bytes);
    if (house && key.at) {
        upgrade(server, peer, house, target + 1 + venue_bytes, key);
    } else if (house) {
        house->posted = strncmp(head, "POST ", 5) == 0;
        house->post = body;
        serve_page(server, peer, house, target + 1 + venue_bytes);
    } else {
        page->bytes = 0;
        int status = control_answer(server->control, target, page);
        http_answer(peer, status, "application/json", page->at, page->bytes);
    }
}

/* ---- input ------------------------------------------------------------------------------------------------------------ */

static void take_frame(struct server *server, struct peer *peer, const struct frame *frame)
{
    switch (frame->opcode) {
    case FRAME_TEXT:
        begin_playing(server, peer);
        peer->listener.house->now_us = server->now_us;
        house_hear(&peer->listener, frame->payload, frame->bytes);
        break;
    case FRAME_PING:
        peer->listener.heard_us = server->now_us;
        peer_put_frame(peer, FRAME_PONG, frame->payload, frame->bytes);
        break;
    case FRAME_PONG:
        if (frame->bytes == sizeof peer->sync_answered)
            memcpy(&peer->sync_answered, frame->payload, frame->bytes);
        break;
    case FRAME_CLOSE:
        if (peer->end_by_us == 0)
            peer_put_frame(peer, FRAME_CLOSE, frame->payload, frame->bytes);
        if (peer->end == PEER_STAYS)
            peer->end = PEER_ENDS;
        break;
    default:
        break;
    }
}

static void take_frames(struct server *server, struct peer *peer)
{
    struct frame frame;
    int64_t taken = 0;
    while (peer->end == PEER_STAYS && (taken = frame_take(&frame, peer->in, peer->in_bytes)) > 0) {
        if (!frame.final || frame.opcode == FRAME_MORE)
            peer_put_close(peer, 1003);
        else
            take_frame(server, peer, &frame);
        peer_eat(peer, (size_t)taken);
    }
    if (taken < 0 || peer->in_bytes == PEER_IN_BYTES)
        peer->end = PEER_RESETS;
}

static void take_request(struct server *server, struct peer *peer)
{
    char head[HEAD_MAX], body[HEAD_MAX];
    char *end = memmem(peer->in, peer->in_bytes, "\r\n\r\n", 4);
    size_t bytes = end ? (size_t)(end - peer->in) + 4 : 0;
    if (bytes >= sizeof head || (!end && peer->in_bytes >= sizeof head)) {
        peer->end = PEER_RESETS;
    } else if (end) {
        td_text_copy(head, sizeof head, peer->in, bytes);
        size_t more = http_body_bytes(head);
        if (more >= sizeof body)
            peer->end = PEER_RESETS;
        if (more >= sizeof body || peer->in_bytes - bytes < more)
            return;
        td_text_copy(body, sizeof body, peer->in + bytes, more);
        peer_eat(peer, bytes + more);
        serve_request(server, peer, head, (struct td_text){body, (uint32_t)more});
    }
}

static void serve_input(struct server *server, struct peer *peer)
{
    if (!peer_read(peer) && peer->in_bytes == 0)
        peer->end = PEER_GONE;
    if (peer->end == PEER_STAYS && !peer->upgraded)
        take_request(server, peer);
    if (peer->end == PEER_STAYS && peer->upgraded)
        take_frames(server, peer);
}

static void accept_all(struct server *server)
{
    for (unsigned i = 0; i < PEERS; i++) {
        if (server->peer[i].fd >= 0)
            continue;
        int on = 1, fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peer_open(&server->peer[i], fd, server->now_us);
        server->control->clients++;
    }
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

static bool may_go_on(const struct server *server, const struct house *house)
{
    for (unsigned i = 0; i < PEERS; i++)
        if (server->peer[i].fd >= 0 && server->peer[i].listener.house == house &&
            peer_backlog(&server->peer[i]) >= BACKLOG_ENOUGH)
            return false;
    return house_is_followed(house);
}

/* Messages that the next house with something awake made; a house has as many turns as it has awake markets. */
static unsigned make_messages(struct server *server, bool paced_by_clients)
{
    struct house *house = &server->control->house[server->turn++ % server->control->houses];
    unsigned awake = 0, made = 0;
    if (paced_by_clients && !may_go_on(server, house))
        return 0;
    for (unsigned i = 0; i < house->markets; i++)
        awake += house->awake[i];
    for (unsigned i = 0; i < awake; i++)
        made += house_step(house, server->now_us);
    return made;
}

/* As many as the rate owes by now; a turn makes at most MESSAGES_A_TURN, the rest follows at once. */
static void live_at_rate(struct server *server, int64_t rate)
{
    if (server->rate != rate) {
        server->rate = rate;
        server->rate_since_us = server->now_us;
        server->made = 0;
    }
    double owed = (double)(server->now_us - server->rate_since_us) * 1e-6 * (double)rate;
    unsigned this_turn = 0, idle = 0, houses = server->control->houses;
    while ((double)server->made < owed && this_turn < MESSAGES_A_TURN && idle < houses) {
        unsigned made = make_messages(server, false);
        server->made += made;
        this_turn += made;
        idle = made ? 0 : idle + 1;
    }
    if (idle == houses) /* nobody has asked for anything yet: nothing is owed */
        server->rate = -1;
    else if (this_turn >= MESSAGES_A_TURN)
        server->more = true;
    int64_t due_us =
        server->rate_since_us + (int64_t)((double)(server->made + 1) * 1e6 / (double)rate);
    server->due_us = due_us < server->due_us ? due_us : server->due_us;
}

static void live_freely(struct server *server, uint64_t *limit)
{
    unsigned idle = 0, this_turn = 0, houses = server->control->houses;
    while (this_turn < MESSAGES_A_TURN && idle < houses && (!limit || *limit > 0)) {
        unsigned made = make_messages(server, limit == NULL);
        if (limit)
            *limit -= made < *limit ? made : *limit;
        this_turn += made;
        idle = made ? 0 : idle + 1;
    }
    server->more |= this_turn > 0;
}

static void live(struct server *server)
{
    struct control *control = server->control;
    if (control->paused && control->steps > 0)
        live_freely(server, &control->steps);
    else if (control->paused)
        server->rate = -1;
    else if (control->rate > 0)
        live_at_rate(server, control->rate);
    else
        live_freely(server, NULL);
    if (server->now_us < server->next_beat_us)
        return;
    server->next_beat_us = server->now_us + BEAT_US;
    for (unsigned i = 0; i < control->houses; i++)
        house_beat(&control->house[i], server->now_us);
}

static void play_to(struct server *server, struct peer *peer, const struct play *play)
{
    int64_t due_us = INT64_MAX;
    for (unsigned i = 0; i < MESSAGES_A_TURN && peer_backlog(peer) < BACKLOG_ENOUGH; i++) {
        const struct play_line *line = play_next(play, &peer->cursor, server->now_us, &due_us);
        if (line == NULL)
            break;
        house_play(&peer->listener, line->payload, line->bytes);
        server->more = true;
    }
    server->due_us = due_us < server->due_us ? due_us : server->due_us;
}

/* A ping behind all that was told: its answer says that the client has read it. */
static void ask_for_sync(struct server *server, struct peer *peer)
{
    uint64_t sync = server->control->sync;
    if (!peer->upgraded || peer->end != PEER_STAYS || peer->sync_asked == sync)
        return;
    peer->sync_asked = sync;
    peer_put_frame(peer, FRAME_PING, &sync, sizeof sync);
}

static void count_unsynced(struct server *server)
{
    server->control->unsynced = 0;
    for (unsigned i = 0; i < PEERS; i++) {
        const struct peer *peer = &server->peer[i];
        server->control->unsynced +=
            peer->fd >= 0 && peer->upgraded && peer->sync_answered != server->control->sync;
    }
}

static void keep_company(struct server *server, struct peer *peer)
{
    struct house *house = peer->listener.house;
    if (peer->end_by_us && server->now_us >= peer->end_by_us && peer->end == PEER_STAYS)
        peer->end = PEER_ENDS;
    if (house == NULL || peer->end != PEER_STAYS)
        return;
    if (house->recorded && !server->control->paused)
        play_to(server, peer, &server->play[house - server->control->house]);
    if (house->feed->ws_ping_s && server->now_us >= peer->next_ping_us) {
        peer->next_ping_us = server->now_us + house->feed->ws_ping_s * INT64_C(1000000);
        peer_put_frame(peer, FRAME_PING, "1", 1);
    }
}

/* ---- loop ------------------------------------------------------------------------------------------------------------- */

static bool may_leave(const struct peer *peer)
{
    return peer->end >= PEER_RESETS || (peer->end != PEER_STAYS && peer_backlog(peer) == 0);
}

static void serve_peer(struct server *server, struct peer *peer)
{
    peer->now_us = server->now_us;
    ask_for_sync(server, peer);
    keep_company(server, peer);
    if (peer->end < PEER_RESETS && peer_backlog(peer) > 0 && !peer_flush(peer))
        peer->end = PEER_GONE;
    if (peer->slow_to > peer->queued - peer_backlog(peer) && !peer_is_stalled(peer))
        server->more = true;
    if (!may_leave(peer))
        return;
    server->control->dropped_slow += peer_backlog(peer) > PEER_OUT_BYTES / 2;
    server->control->clients--;
    peer_close(peer);
}

static int wait_ms(const struct server *server)
{
    int64_t due_us = server->due_us < server->next_beat_us ? server->due_us : server->next_beat_us;
    int64_t ms = (due_us - server->now_us + 999) / 1000;
    return server->more || ms <= 0 ? 0 : ms < WAIT_MS_MAX ? (int)ms : WAIT_MS_MAX;
}

static void wait_and_read(struct server *server)
{
    struct pollfd fds[PEERS + 1] = {{.fd = server->listener, .events = POLLIN}};
    for (unsigned i = 0; i < PEERS; i++) {
        const struct peer *peer = &server->peer[i];
        bool writes = peer->fd >= 0 && peer_backlog(peer) > 0 && !peer_is_stalled(peer);
        fds[i + 1] =
            (struct pollfd){.fd = peer->fd, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
    }
    if (poll(fds, PEERS + 1, wait_ms(server)) < 0)
        return;
    if (fds[0].revents)
        accept_all(server);
    for (unsigned i = 0; i < PEERS; i++)
        if (server->peer[i].fd >= 0 && fds[i + 1].fd >= 0 &&
            fds[i + 1].revents & (POLLIN | POLLHUP | POLLERR))
            serve_input(server, &server->peer[i]);
}

void server_run(struct server *server)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    int64_t offset_ns = clock->wall_ns(clock->ctx) - clock->mono_ns(clock->ctx);
    unsigned lingering = 0;
    while (lingering < LINGER_TURNS) {
        /* Wall time that never goes back: stamps must rise. */
        server->now_us = (clock->mono_ns(clock->ctx) + offset_ns) / TD_NS_PER_US;
        server->more = false;
        server->due_us = INT64_MAX;
        if (!server->control->stopping)
            live(server);
        for (unsigned i = 0; i < PEERS; i++)
            if (server->peer[i].fd >= 0)
                serve_peer(server, &server->peer[i]);
        count_unsynced(server);
        server->control->stopping |= interrupted != 0;
        unsigned pending = 0;
        for (unsigned i = 0; i < PEERS; i++)
            pending += server->peer[i].fd >= 0 && peer_backlog(&server->peer[i]) > 0;
        if (server->control->stopping && (lingering++, pending == 0))
            break;
        wait_and_read(server);
    }
    for (unsigned i = 0; i < PEERS; i++)
        if (server->peer[i].fd >= 0)
            peer_close(&server->peer[i]);
    close(server->listener);
}
