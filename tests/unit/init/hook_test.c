#include "init/hook.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rights.h"
#include "init/file.h"
#include "init/link.h"
#include "test.h"

TEST(an_event_that_is_not_known_changes_nothing)
{
    char *argv[] = {"dhcp-hook", "no-such-event", NULL}, *environment[] = {NULL};
    CHECK_EQ_I64(hook_main(2, argv, environment), 0);
    CHECK_EQ_I64(hook_main(1, argv, environment), 0);
}

TEST(a_lease_without_an_address_is_refused)
{
    char *argv[] = {"dhcp-hook", "bound", NULL}, *environment[] = {"interface=eth0", NULL};
    CHECK_EQ_I64(hook_main(2, argv, environment), 1);
}

enum { DONE = 77 };

/* Not _exit: the sanitizer's has calls of its own. */
static void leave(int code)
{
    syscall(SYS_exit_group, code);
}

/* The files and addresses of a lease, in a network of its own. */
static int steps_of_a_lease(const char *path)
{
    static const struct file_rights readable = {.mode = 0644};
    char text[16];
    if (td_rights_filter(TD_RIGHTS_UDHCPC) < 0)
        return 1;
    if (link_set("lo", 0xc0a80114, 24, 0xc0a80101) != 0 || link_address("lo") != 0xc0a80114)
        return 2;
    if (link_clear("lo") != 0 || link_address("lo") != 0)
        return 3;
    if (file_replace(path, "ip=1.2.3.4\n", 11, &readable) != 0 || file_read(path, text, 16) != 11)
        return 4;
    if (access(path, F_OK) != 0 || unlink(path) != 0)
        return 5;
    if (link_set("td-none0", 0xc0a80114, 24, 0) != TD_E_MISSING)
        return 6;
    char *argv[] = {"dhcp-hook", "bound", NULL}, *environment[] = {NULL};
    return hook_main(2, argv, environment) == 1 ? DONE : 7;
}

TEST(the_list_of_calls_lets_it_do_its_work)
{
    char path[512];
    int status = 0;
    if (getuid() != 0)
        SKIP("addresses are set by root");
    snprintf(path, sizeof path, "%s/lease", test_tmpdir());
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNET) != 0)
            leave(0);
        leave(steps_of_a_lease(path));
    }
    CHECK_EQ_I64(waitpid(child, &status, 0), child);
    CHECK(!td_rights_broken(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        SKIP("no network of its own can be had here");
    CHECK_EQ_I64(WEXITSTATUS(status), DONE);
}
