/*
 * A libmemcached client that logs in with SASL, stores a value and reads it back, and is then refused with another password.
 *
 *     sasl_test HOST PORT USER PASSWORD MECHANISM KEY VALUE
 *
 * Exit status 0 if all of that happened; otherwise a line on stderr says what did not.
 */
#include <libmemcached/memcached.h>
#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The SASL library keeps callbacks of every shape under this one type and tells them apart by their id. */
typedef int (*callback)(void);

struct login {
    const char *user;
    const char *mechanism;
    sasl_secret_t *secret;
};

static int give_user(void *context, int id, const char **result, unsigned *length)
{
    const struct login *login = context;
    if (!result || (id != SASL_CB_USER && id != SASL_CB_AUTHNAME))
        return SASL_BADPARAM;
    *result = login->user;
    if (length)
        *length = (unsigned)strlen(login->user);
    return SASL_OK;
}

static int give_password(sasl_conn_t *conn, void *context, int id, sasl_secret_t **secret)
{
    struct login *login = context;
    if (!conn || !secret || id != SASL_CB_PASS)
        return SASL_BADPARAM;
    *secret = login->secret;
    return SASL_OK;
}

/* The library takes the strongest mechanism that both sides have, unless it is told to look at one alone. */
static int give_option(void *context, const char *plugin, const char *option, const char **result, unsigned *length)
{
    const struct login *login = context;
    (void)plugin;
    if (strcmp(option, "client_mech_list") != 0)
        return SASL_FAIL;
    *result = login->mechanism;
    if (length)
        *length = (unsigned)strlen(login->mechanism);
    return SASL_OK;
}

static sasl_secret_t *secret_of(const char *password)
{
    size_t length = strlen(password);
    sasl_secret_t *secret = malloc(sizeof *secret + length);
    if (!secret)
        exit(2);
    secret->len = length;
    memcpy(secret->data, password, length + 1);
    return secret;
}

static int fail(memcached_st *memc, const char *what, memcached_return_t rc)
{
    fprintf(stderr, "sasl_test: %s: %s\n", what, memc ? memcached_strerror(memc, rc) : "out of memory");
    return 1;
}

static memcached_st *client(const char *host, in_port_t port, sasl_callback_t *callbacks)
{
    memcached_st *memc = memcached_create(NULL);
    if (!memc)
        return NULL;
    if (memcached_behavior_set(memc, MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 1) != MEMCACHED_SUCCESS
        || memcached_server_add(memc, host, port) != MEMCACHED_SUCCESS) {
        memcached_free(memc);
        return NULL;
    }
    memcached_set_sasl_callbacks(memc, callbacks);
    return memc;
}

static int store_and_fetch(memcached_st *memc, const char *key, const char *value)
{
    memcached_return_t rc;
    size_t length = 0;
    uint32_t flags = 0;
    rc = memcached_set(memc, key, strlen(key), value, strlen(value), 0, 7);
    if (rc != MEMCACHED_SUCCESS)
        return fail(memc, "set", rc);
    printf("set %s\n", key);
    char *fetched = memcached_get(memc, key, strlen(key), &length, &flags, &rc);
    if (rc != MEMCACHED_SUCCESS || !fetched)
        return fail(memc, "get", rc);
    int same = length == strlen(value) && memcmp(fetched, value, length) == 0 && flags == 7;
    free(fetched);
    if (!same)
        return fail(memc, "get brought something else", rc);
    printf("got %s back\n", key);
    return 0;
}

static int is_refused(memcached_st *memc, const char *key)
{
    memcached_return_t rc;
    size_t length = 0;
    uint32_t flags = 0;
    char *fetched = memcached_get(memc, key, strlen(key), &length, &flags, &rc);
    free(fetched);
    if (rc == MEMCACHED_SUCCESS || fetched)
        return fail(memc, "a wrong password was let in", rc);
    if (rc != MEMCACHED_AUTH_FAILURE)
        return fail(memc, "refused, but not for the password", rc);
    printf("a wrong password is refused\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: sasl_test HOST PORT USER PASSWORD MECHANISM KEY VALUE\n");
        return 2;
    }
    struct login login = {argv[3], argv[5], secret_of(argv[4])};
    sasl_callback_t callbacks[] = {
        {SASL_CB_USER, (callback)give_user, &login},
        {SASL_CB_AUTHNAME, (callback)give_user, &login},
        {SASL_CB_PASS, (callback)give_password, &login},
        {SASL_CB_GETOPT, (callback)give_option, &login},
        {SASL_CB_LIST_END, NULL, NULL},
    };
    if (sasl_client_init(NULL) != SASL_OK) {
        fprintf(stderr, "sasl_test: the SASL library did not start\n");
        return 1;
    }
    in_port_t port = (in_port_t)atoi(argv[2]);
    memcached_st *memc = client(argv[1], port, callbacks);
    if (!memc)
        return fail(NULL, "client", MEMCACHED_FAILURE);
    int failed = store_and_fetch(memc, argv[6], argv[7]);
    memcached_free(memc);
    if (!failed) {
        free(login.secret);
        login.secret = secret_of("certainly not the password");
        memc = client(argv[1], port, callbacks);
        failed = memc ? is_refused(memc, argv[6]) : fail(NULL, "client", MEMCACHED_FAILURE);
        memcached_free(memc);
    }
    free(login.secret);
    sasl_done();
    return failed;
}
