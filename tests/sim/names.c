/* Names of the simulated net. An answer may come late, be wrong, or not come. The names look like addresses of this machine because
   the product speaks without TLS to those only. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "sim/dice.h"
#include "sim/net.h"

const char *const net_hosts[NET_HOSTS] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4",
                                          "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"};

static int host_of(const char *name)
{
    for (int i = 0; i < NET_HOSTS; i++)
        if (strcmp(name, net_hosts[i]) == 0)
            return i;
    return -1;
}

static void answer_with(struct net *net, struct net_answer *answer, unsigned host)
{
    for (unsigned i = 0; i < 2; i++)
        snprintf(answer->address[i], sizeof answer->address[i], "10.%u.0.%u", host,
                 net->host[host].first + i);
    answer->count = 2;
}

static void spoil_answer(struct net *net, struct net_answer *answer, unsigned host,
                         int64_t *delay_ns)
{
    struct kinds *kinds = &net->world->kinds;
    enum kind kind = kinds_take(kinds, PLACE_NAME);
    switch (kind) {
    case KIND_NONE:
        return;
    case KIND_dns_nxdomain:
    case KIND_dns_servfail:
        answer->err = TD_E_NET_RESOLVE;
        answer->count = 0;
        break;
    case KIND_dns_empty:
        answer->count = 0;
        break;
    case KIND_dns_silent:
        *delay_ns = INT64_MAX;
        break;
    case KIND_dns_slow:
        *delay_ns += (int64_t)dice_between(&net->dice, 2, 12) * TD_NS_PER_S;
        break;
    case KIND_dns_moved: /* this answer is an old one already */
        net->host[host].first += 2;
        break;
    case KIND_dns_dead_first:
        net->host[host].dead_first = true;
        break;
    default:
        snprintf(answer->address[0], sizeof answer->address[0], "2001:db8::%u", host);
        answer->count = 1;
    }
    kinds_fired(kinds, kind);
}

static void become_ready(void *arg, uint64_t what)
{
    struct net *net = arg;
    for (unsigned i = 0; i < net->answers; i++)
        if (net->answer[i].id == (uint32_t)what)
            net->answer[i].ready = true;
}

static int ask(void *ctx, uint32_t id, const char *name)
{
    struct net *net = ctx;
    int64_t delay_ns = (int64_t)dice_between(&net->dice, 1, 80) * TD_NS_PER_MS;
    int host = host_of(name);
    TD_FAIL_IF(net->answers == NET_QUESTIONS, TD_E_AGAIN);
    struct net_answer *answer = &net->answer[net->answers];
    *answer = (struct net_answer){.id = id, .err = host < 0 ? TD_E_NET_RESOLVE : 0};
    if (host >= 0) {
        answer_with(net, answer, (unsigned)host);
        spoil_answer(net, answer, (unsigned)host, &delay_ns);
    }
    if (delay_ns == INT64_MAX || net->world->now_ns < net->down_until_ns)
        return 0;
    net->answers++;
    world_later(net->world, delay_ns, become_ready, net, id);
    return 0;
}

static int poll(void *ctx, uint32_t *id, int32_t *err, uint32_t *count, char (*address)[46])
{
    struct net *net = ctx;
    for (unsigned i = 0; i < net->answers; i++) {
        const struct net_answer *answer = &net->answer[i];
        if (!answer->ready)
            continue;
        *id = answer->id, *err = answer->err, *count = answer->count;
        memcpy(address, answer->address, answer->count * sizeof *address);
        net->answer[i] = net->answer[--net->answers];
        return 1;
    }
    return 0;
}

void net_names_init(struct net *net)
{
    net->names = (struct td_names){ask, poll, net};
    net->world->os.names = &net->names;
}
