#include "init/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "init/lease.h"
#include "init/textfile.h"

enum { ANSWER_S = 2, MESSAGE_MAX = 256 };

static td_err with_socket(const char *interface, unsigned long request, struct ifreq *want)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    snprintf(want->ifr_name, sizeof want->ifr_name, "%s", interface);
    int done = ioctl(fd, request, want);
    td_err err = done == 0 ? 0 : errno == ENODEV ? TD_E_MISSING : TD_E_IO;
    close(fd);
    return err;
}

td_err link_up(const char *interface)
{
    struct ifreq want = {0};
    TD_TRY(with_socket(interface, SIOCGIFFLAGS, &want));
    want.ifr_flags = (short)(want.ifr_flags | IFF_UP);
    return with_socket(interface, SIOCSIFFLAGS, &want);
}

bool link_has_carrier(const char *interface)
{
    char path[64], text[4];
    snprintf(path, sizeof path, "/sys/class/net/%.15s/carrier", interface);
    return textfile_read(path, text, sizeof text) > 0 && text[0] == '1';
}

uint32_t link_address(const char *interface)
{
    struct ifreq want = {0};
    struct sockaddr_in address;
    want.ifr_addr.sa_family = AF_INET;
    if (with_socket(interface, SIOCGIFADDR, &want) != 0)
        return 0;
    memcpy(&address, &want.ifr_addr, sizeof address);
    return ntohl(address.sin_addr.s_addr);
}

/* ---- rtnetlink ------------------------------------------------------------------------------------------------------ */

struct message {
    struct nlmsghdr head;
    char body[MESSAGE_MAX];
};

static void begin(struct message *message, uint16_t type, uint16_t flags, const void *body,
                  size_t bytes)
{
    *message =
        (struct message){.head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(bytes),
                                  .nlmsg_type = type,
                                  .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)}};
    memcpy(NLMSG_DATA(&message->head), body, bytes);
}

static void add(struct message *message, uint16_t type, uint32_t value)
{
    struct rtattr attribute = {(uint16_t)RTA_LENGTH(sizeof value), type};
    char *at = (char *)&message->head + NLMSG_ALIGN(message->head.nlmsg_len);
    memcpy(at, &attribute, sizeof attribute);
    memcpy(at + RTA_LENGTH(0), &value, sizeof value);
    message->head.nlmsg_len =
        (uint32_t)(NLMSG_ALIGN(message->head.nlmsg_len) + RTA_LENGTH(sizeof value));
}

/* The kernel's answer: 0, or its errno as a negative number. */
static int answer(int fd)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr err;
        char rest[512];
    } got = {0};
    ssize_t bytes = recv(fd, &got, sizeof got, 0);
    if (bytes < (ssize_t)(sizeof got.head + sizeof(int)) || got.head.nlmsg_type != NLMSG_ERROR)
        return -EIO;
    return got.err.error;
}

static int ask(const struct message *message)
{
    const struct timeval patience = {ANSWER_S, 0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -EIO;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool sent = send(fd, message, message->head.nlmsg_len, 0) == (ssize_t)message->head.nlmsg_len;
    int got = sent ? answer(fd) : -EIO;
    close(fd);
    return got;
}

static int change_address(uint16_t type, uint16_t flags, unsigned index, uint32_t address,
                          unsigned prefix)
{
    struct ifaddrmsg body = {
        .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = index};
    struct message message;
    begin(&message, type, flags, &body, sizeof body);
    add(&message, IFA_LOCAL, htonl(address));
    add(&message, IFA_ADDRESS, htonl(address));
    if (prefix < 31)
        add(&message, IFA_BROADCAST,
            htonl(address | (prefix == 0 ? ~0u : ~(~0u << (32 - prefix)))));
    return ask(&message);
}

static int add_route(unsigned index, uint32_t router)
{
    struct rtmsg body = {.rtm_family = AF_INET,
                         .rtm_table = RT_TABLE_MAIN,
                         .rtm_protocol = RTPROT_BOOT,
                         .rtm_scope = RT_SCOPE_UNIVERSE,
                         .rtm_type = RTN_UNICAST};
    struct message message;
    begin(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof body);
    add(&message, RTA_GATEWAY, htonl(router));
    add(&message, RTA_OIF, index);
    return ask(&message);
}

static unsigned prefix_of(const char *interface)
{
    struct ifreq want = {0};
    struct sockaddr_in mask;
    if (with_socket(interface, SIOCGIFNETMASK, &want) != 0)
        return 32;
    memcpy(&mask, &want.ifr_netmask, sizeof mask);
    return (unsigned)__builtin_popcount(mask.sin_addr.s_addr);
}

/* Address by address, as the interface has them, until none but `but` is left. */
static td_err clear_but(const char *interface, uint32_t but, unsigned prefix)
{
    unsigned index = if_nametoindex(interface);
    for (int i = 0; i < 8; i++) {
        uint32_t address = link_address(interface);
        if (address == 0 || (address == but && prefix_of(interface) == prefix))
            return 0;
        if (change_address(RTM_DELADDR, 0, index, address, prefix_of(interface)) != 0)
            return TD_E_IO;
    }
    return TD_E_IO;
}

td_err link_clear(const char *interface)
{
    return clear_but(interface, 0, 0);
}

td_err link_set(const char *interface, uint32_t address, unsigned prefix, uint32_t router)
{
    unsigned index = if_nametoindex(interface);
    TD_FAIL_IF(index == 0, TD_E_MISSING);
    TD_TRY(link_up(interface));
    TD_TRY(clear_but(interface, address, prefix));
    int got = change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address, prefix);
    TD_FAIL_IF(got != 0 && got != -EEXIST, TD_E_IO);
    TD_FAIL_IF(router != 0 && add_route(index, router) != 0, TD_E_IO);
    return 0;
}

/* ---- text ----------------------------------------------------------------------------------------------------------- */

td_err link_parse(const char *text, uint32_t *address, unsigned *prefix)
{
    const char *slash = strchr(text, '/');
    TD_FAIL_IF(slash == NULL || !lease_address(text, (size_t)(slash - text), address), TD_E_SYNTAX);
    size_t digits = strspn(slash + 1, "0123456789");
    TD_FAIL_IF(digits == 0 || digits > 2 || slash[1 + digits] != '\0', TD_E_SYNTAX);
    *prefix = 0;
    for (size_t i = 0; i < digits; i++)
        *prefix = *prefix * 10 + (unsigned)(slash[1 + i] - '0');
    return *prefix >= 1 && *prefix <= 32 ? 0 : TD_E_SYNTAX;
}
