/* Init's children: what they are, with which rights they run, and their supervision carried out. Init's only thread. */
#ifndef TD_INIT_SERVICES_H
#define TD_INIT_SERVICES_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/page.h"
#include "init/output.h"
#include "init/process.h"
#include "init/supervise.h"
#include "init/tunables.h"

enum service_id {
    SERVICE_LEASE,
    SERVICE_CLOCK,
    SERVICE_NAME,
    SERVICE_RECORDER,
    SERVICE_UPLOADS,
    SERVICES
};
enum { SERVICE_ENDED_MAX = 240 };

struct service {
    const char *name;
    struct process_plan plan;
    struct supervise_rules rules;
    struct supervise supervise;
    struct output output;
    int pid;          /* 0: not running */
    int64_t since_ns; /* of its start, CLOCK_MONOTONIC */
    char ended
        [SERVICE_ENDED_MAX]; /* how it ended last: "exit code 3: configuration: <its last line>" */
};

/* None is wanted yet. Uploads that end with 0 have nothing to do ([sync] enabled = false): they are not started again. */
void services_init(const struct tunables *tunables);
struct service *service_at(enum service_id id);
void service_want(enum service_id id);
/* Stops it for good; service_at(id)->pid is 0 when it is gone. */
void service_stop(enum service_id id);
void service_renew(enum service_id id);

/* What the box calls itself to the DHCP server. */
void services_name(const char *name);
/* The recorder's program from its next start on; static text. */
void services_recorder(const char *program);
/* From the next start on the card's own certificates (INIT_RUN_CA) are trusted, in place of the delivered ones. */
void services_trust_own(void);

/* Does what is due, reads what they say, looks at the recorder's heartbeat. Returns when to come again at the latest. */
int64_t services_turn(int64_t now_ns);
/* A child of some kind ended. True: it was one of these. */
bool services_ended(int pid, int status, int64_t now_ns);
/* Their pipes, for poll. Returns how many. */
unsigned services_pipes(struct pollfd pipes[SERVICES]);
/* Why the machine must be reset; NULL. */
const char *services_lost(void);
/* The recorder's page as of the last turn; NULL. */
const struct page_view *services_page(void);

#endif
