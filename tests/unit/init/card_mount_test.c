#include <errno.h>

#include "init/card.h"
#include "test.h"

TEST(each_cause_has_its_words)
{
    static const int causes[] = {ENOENT, ENODEV, EROFS, EINVAL, EUCLEAN, EIO};
    for (unsigned i = 0; i < 6; i++)
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(card_mount_words(causes[i]), card_mount_words(causes[k])) != 0);
    CHECK_EQ_STR(card_mount_words(EUCLEAN), card_mount_words(EBADMSG));
    CHECK_EQ_STR(card_mount_words(EIO), "the data partition cannot be read");
}
