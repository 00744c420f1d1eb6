/*
 * A libmemcached client that asks for much without waiting for answers, and then looks what became of it.
 *
 *     pipeline HOST PORT USER PASSWORD buffered|quiet|deletes|multiget
 *
 * It writes, deletes or reads early:0 to early:19 and then late:0 to late:19, in one pipeline, asks for "known" behind it and
 * then once more. It says what the library said of each, and "ended" at its end. A request that is refused is no failure here.
 */
#include <libmemcached/memcached.h>
#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 20 };

static const char *const halves[] = {"early", "late"};

/* Says what came of something, where that is not what came of the one before. */
static memcached_return_t say(memcached_st *memc, const char *what, memcached_return_t rc, memcached_return_t before)
{
    if (rc != before)
        printf("%s: %s\n", what, memcached_strerror(memc, rc));
    fflush(stdout);
    return rc;
}

static memcached_return_t ask(memcached_st *memc)
{
    memcached_return_t rc;
    size_t length = 0;
    uint32_t flags = 0;
    free(memcached_get(memc, "known", strlen("known"), &length, &flags, &rc));
    return rc;
}

static void change(memcached_st *memc, int deletes)
{
    memcached_return_t rc = MEMCACHED_MAXIMUM_RETURN;
    for (int half = 0; half < 2; half++) {
        for (int number = 0; number < EACH; number++) {
            char key[32];
            int length = snprintf(key, sizeof key, "%s:%d", halves[half], number);
            const char *value = halves[half];
            rc = say(memc, "written",
                     deletes ? memcached_delete(memc, key, (size_t)length, 0)
                             : memcached_set(memc, key, (size_t)length, value, strlen(value), 0, 0),
                     rc);
        }
    }
    say(memc, "sent", memcached_flush_buffers(memc), MEMCACHED_MAXIMUM_RETURN);
}

static void read_at_once(memcached_st *memc)
{
    char names[2 * EACH][32];
    const char *keys[2 * EACH];
    size_t lengths[2 * EACH];
    for (int number = 0; number < 2 * EACH; number++) {
        lengths[number] =
            (size_t)snprintf(names[number], sizeof *names, "%s:%d", halves[number / EACH], number % EACH);
        keys[number] = names[number];
    }
    memcached_return_t rc = memcached_mget(memc, keys, lengths, 2 * EACH);
    say(memc, "sent", rc, MEMCACHED_MAXIMUM_RETURN);
    char key[MEMCACHED_MAX_KEY];
    size_t key_length, length;
    uint32_t flags;
    char *value;
    while ((value = memcached_fetch(memc, key, &key_length, &length, &flags, &rc)) != NULL) {
        printf("fetched %.*s\n", (int)key_length, key);
        free(value);
    }
    say(memc, "fetched all", rc, MEMCACHED_MAXIMUM_RETURN);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: pipeline HOST PORT USER PASSWORD buffered|quiet|deletes|multiget\n");
        return 2;
    }
    const char *way = argv[5];
    if (sasl_client_init(NULL) != SASL_OK)
        return 1;
    memcached_st *memc = memcached_create(NULL);
    if (!memc)
        return 1;
    memcached_behavior_t quiet =
        strcmp(way, "buffered") == 0 ? MEMCACHED_BEHAVIOR_BUFFER_REQUESTS : MEMCACHED_BEHAVIOR_NOREPLY;
    if (memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 1) != MEMCACHED_SUCCESS
        || memcached_server_add(memc, argv[1], (in_port_t)atoi(argv[2])) != MEMCACHED_SUCCESS
        || memcached_set_sasl_auth_data(memc, argv[3], argv[4]) != MEMCACHED_SUCCESS
        || (strcmp(way, "multiget") != 0 && memcached_behavior_set(memc, quiet, 1) != MEMCACHED_SUCCESS)) {
        fprintf(stderr, "pipeline: %s\n", memcached_last_error_message(memc));
        return 1;
    }
    if (strcmp(way, "multiget") == 0)
        read_at_once(memc);
    else
        change(memc, strcmp(way, "deletes") == 0);
    say(memc, "asked", ask(memc), MEMCACHED_MAXIMUM_RETURN);
    say(memc, "asked again", ask(memc), MEMCACHED_MAXIMUM_RETURN);
    memcached_free(memc);
    sasl_done();
    printf("ended\n");
    return 0;
}
