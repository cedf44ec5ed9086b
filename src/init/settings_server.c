/* Names and addresses as other programs' configurations may hold them: what passes here has no blank, quote, comment or line end. */
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "init/settings.h"
#include "init/settings_name.h"

enum { NAME_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, PORT_MAX = 65535 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool settings_is_label(const char *text, size_t bytes)
{
    if (bytes == 0 || bytes > LABEL_BYTES_MAX || text[0] == '-' || text[bytes - 1] == '-')
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '-')
            return false;
    return true;
}

static bool is_number(const char *text)
{
    return text[0] && strspn(text, "0123456789") == strlen(text);
}

/* A last label of digits alone is an address that went wrong, never a name. */
static bool is_host_name(const char *text)
{
    if (strlen(text) > NAME_BYTES_MAX)
        return false;
    for (;;) {
        const char *dot = strchr(text, '.');
        if (!settings_is_label(text, dot ? (size_t)(dot - text) : strlen(text)))
            return false;
        if (!dot)
            return !is_number(text);
        text = dot + 1;
    }
}

bool settings_is_address(const char *text)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool is_address_6(const char *text)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET6, text, bytes) == 1;
}

/* "" or ":123". */
static td_err read_port(const char *text, unsigned *port)
{
    *port = 0;
    if (!*text)
        return 0;
    TD_FAIL_IF(*text != ':' || !is_number(text + 1) || strlen(text + 1) > 5, TD_E_SYNTAX);
    for (const char *at = text + 1; *at; at++)
        *port = *port * 10 + (unsigned)(*at - '0');
    return *port >= 1 && *port <= PORT_MAX ? 0 : TD_E_SYNTAX;
}

td_err settings_server(const char *text, char host[SETTINGS_HOST_MAX], unsigned *port)
{
    bool brackets = text[0] == '[';
    const char *from = text + brackets;
    size_t bytes = strcspn(from, brackets ? "]" : ":");
    *port = 0;
    if (is_address_6(text))
        return td_text_copy(host, SETTINGS_HOST_MAX, text, strlen(text)) ? 0 : TD_E_SYNTAX;
    TD_FAIL_IF(!td_text_copy(host, SETTINGS_HOST_MAX, from, bytes), TD_E_SYNTAX);
    if (brackets) {
        TD_FAIL_IF(from[bytes] != ']' || !is_address_6(host), TD_E_SYNTAX);
        return read_port(from + bytes + 1, port);
    }
    TD_FAIL_IF(!settings_is_address(host) && !is_host_name(host), TD_E_SYNTAX);
    return read_port(from + bytes, port);
}
