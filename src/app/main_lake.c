/* The companion `tape`: works on segments on any host; the verbs are in lake/. */
#include "lake/verb.h"

int main(int argc, char **argv)
{
    return tape_main(argc, argv);
}
