#include "store/pages.h"

#include <string.h>

#include "base/text.h"

const char *pages_token(const struct pages *pages)
{
    return pages->token[0] ? pages->token : NULL;
}

/* Kept is the token of page 1, 2, 4, 8 ...: a circle that is shorter than the way since then comes by it again. */
bool pages_next(struct pages *pages, const char *token)
{
    bool again = token[0] && (strcmp(token, pages->token) == 0 ||
                              (pages->earlier[0] && strcmp(token, pages->earlier) == 0));
    td_text_copy(pages->token, sizeof pages->token, token, strlen(token));
    pages->count++;
    if ((pages->count & (pages->count - 1)) == 0)
        memcpy(pages->earlier, pages->token, sizeof pages->earlier);
    return !again;
}
