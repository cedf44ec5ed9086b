/* A faulty network in user space: a proxy on loopback before one server. What passes is not understood beyond the borders of TLS records;
   TLS stays between the ends. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "proxy/proxy.h"

static const char help[] =
    "proxy: a faulty network on loopback, before one server\n"
    "\n"
    "  proxy --to 38211 --fault split:16 --port-file /tmp/port\n"
    "  proxy ready port=40123 to=38211\n"
    "\n"
    "  --to PORT            the server behind it, on 127.0.0.1\n"
    "  --port N             0 (default): any that is free\n"
    "  --port-file FILE     the port, as text\n"
    "  --fault KIND[:N]     as if it were the first line of control; again for more. Faults of "
    "links\n"
    "                       are for the first link\n"
    "  --seed N             of what is drawn: sizes of pieces, the flipped bit (1)\n"
    "\n"
    "Lines of control on standard input, answered by `ok` or `refused` on standard output:\n"
    "  links that stand     stall[:ms]      nothing passes, nothing is read\n"
    "                       blackhole       all is swallowed, both ways, ends too\n"
    "                       rst             reset in the middle of a TLS record\n"
    "                       truncate        the end in the middle of a TLS record\n"
    "                       flip            one bit in the middle of a TLS record\n"
    "                       eof_down        the client sees an end and may speak on\n"
    "                       eof_up          the server sees an end and may speak on\n"
    "                       cut[:bytes]     the end after so many bytes more\n"
    "  next KIND[:N]        the same for the next link; `fired KIND link=N` says when it strikes\n"
    "  all, until `clear`   split[:bytes]   writes of 1 to so many bytes\n"
    "                       merge[:ms]      what comes within is written at once\n"
    "                       drip[:bytes]    so many bytes a second, one by one\n"
    "                       delay[:ms]      later by that\n"
    "  the door             refuse[:ms]     connection refused\n"
    "                       mute[:ms]       accepted, and never a byte\n"
    "  clear, stop\n";

struct options {
    int64_t port, to, seed;
    const char *port_path, *faults[16];
    unsigned fault_count;
};

enum { PORT = 1, TO, PORT_FILE, FAULT, SEED, HELP };

static const struct option option_list[] = {
    {"port", required_argument, NULL, PORT},
    {"to", required_argument, NULL, TO},
    {"seed", required_argument, NULL, SEED},
    {"port-file", required_argument, NULL, PORT_FILE},
    {"help", no_argument, NULL, HELP},
    {"fault", required_argument, NULL, FAULT},
    {NULL, 0, NULL, 0},
};

static _Noreturn void refuse(const char *what, const char *text)
{
    fprintf(stderr, "proxy: %s: %s (--help tells more)\n", what, text);
    exit(2);
}

static int64_t number(const char *what, const char *text, int64_t least, int64_t most)
{
    int64_t value;
    if (td_integer_parse(text, strlen(text), &value) < 0 || value < least || value > most)
        refuse(what, text);
    return value;
}

static void take_option(struct options *options, int option)
{
    switch (option) {
    case PORT:
        options->port = number("port", optarg, 0, 65535);
        break;
    case TO:
        options->to = number("to", optarg, 1, 65535);
        break;
    case SEED:
        options->seed = number("seed", optarg, 0, INT64_MAX);
        break;
    case PORT_FILE:
        options->port_path = optarg;
        break;
    case FAULT:
        if (options->fault_count == sizeof options->faults / sizeof *options->faults)
            refuse("given too often", optarg);
        options->faults[options->fault_count++] = optarg;
        break;
    case HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(2);
    }
}

static void give_fault(struct proxy *proxy, const char *text)
{
    struct fault fault;
    char line[PROXY_LINE];
    if (!fault_read(text, strlen(text), &fault))
        refuse("no such fault", text);
    snprintf(line, sizeof line, "%s%s", fault_place(fault.kind) == FAULT_OF_LINK ? "next " : "",
             text);
    proxy_command(proxy, line);
}

/* Beside and renamed: who waits for the file never sees half of it. */
static void write_port(const char *path, int port)
{
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "we");
    if (file == NULL || fprintf(file, "%d\n", port) < 0 || fclose(file) != 0 ||
        rename(beside, path) != 0)
        refuse("cannot be written", path);
}

int main(int count, char **arguments)
{
    static struct proxy proxy;
    struct options options = {.seed = 1};
    int option;
    while ((option = getopt_long(count, arguments, "", option_list, NULL)) != -1)
        take_option(&options, option);
    if (optind < count)
        refuse("unknown argument", arguments[optind]);
    if (options.to == 0)
        refuse("missing", "--to");
    if (!proxy_init(&proxy, (int)options.port, (int)options.to, (uint64_t)options.seed))
        refuse("the port cannot be had", "--port");
    for (unsigned i = 0; i < options.fault_count; i++)
        give_fault(&proxy, options.faults[i]);
    if (options.port_path)
        write_port(options.port_path, proxy.port);
    signal(SIGTERM, proxy_interrupt);
    signal(SIGINT, proxy_interrupt);
    printf("proxy ready port=%d to=%d\n", proxy.port, (int)options.to);
    fflush(stdout);
    proxy_run(&proxy);
    return 0;
}
