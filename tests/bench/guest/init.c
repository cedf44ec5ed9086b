/* First and only process of a virtual machine that counts instructions (tools/bench_guest.py): runs the commands of /commands, one a line,
   words parted by spaces; what they print goes to the console between `guest: begin N` and `guest: end N STATUS`. A first word with
   `=` in it goes to the environment of that command. At the end the machine is switched off. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { WORDS_MAX = 16, LINE_MAX_BYTES = 512 };

static void run_child(char *line)
{
    char *word[WORDS_MAX + 1] = {0};
    unsigned count = 0;
    for (char *rest = line, *at; count < WORDS_MAX && (at = strsep(&rest, " \n")) != NULL;) {
        if (*at == '\0')
            continue;
        if (count == 0 && strchr(at, '=') != NULL)
            putenv(at);
        else
            word[count++] = at;
    }
    if (count > 0)
        execv(word[0], word);
    _exit(127);
}

static void run(unsigned number, char *line)
{
    int status = 0;
    printf("guest: begin %u\n", number);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_child(line);
    while (child > 0 && waitpid(child, &status, 0) != child)
        continue;
    printf("guest: end %u %d\n", number, status);
    fflush(stdout);
}

int main(void)
{
    char line[LINE_MAX_BYTES];
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    int console = open("/dev/console", O_RDWR);
    if (console >= 0) {
        dup2(console, 0);
        dup2(console, 1);
        dup2(console, 2);
    }
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
    mkdir("/tmp", 0777);
    mount("tmp", "/tmp", "tmpfs", 0, NULL);
    FILE *commands = fopen("/commands", "r");
    for (unsigned n = 0; commands != NULL && fgets(line, sizeof line, commands) != NULL; n++)
        run(n, line);
    puts("guest: done");
    fflush(stdout);
    tcdrain(1);
    reboot(RB_POWER_OFF);
    return 1;
}
