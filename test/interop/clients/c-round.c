/* A round of everyday work with the C client: prints what it is told, one step a line. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int state = 0;
static int losses = 0;
static int events = 0;
static char last_event[256];

static void watcher(zhandle_t *handle, int type, int now, const char *path, void *context) {
  (void)handle;
  (void)context;
  pthread_mutex_lock(&mutex);
  if (type == ZOO_SESSION_EVENT) {
    if (state == ZOO_CONNECTED_STATE && now != ZOO_CONNECTED_STATE) losses++;
    state = now;
  } else {
    events++;
    snprintf(last_event, sizeof last_event, "%d %s", type, path);
  }
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static struct timespec soon(void) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_sec += 20;
  return at;
}

/* Until it is connected, after so many losses: a connection can be back before anybody looks. */
static void until_connected(int lost) {
  struct timespec at = soon();
  pthread_mutex_lock(&mutex);
  while (losses < lost || state != ZOO_CONNECTED_STATE) {
    if (pthread_cond_timedwait(&changed, &mutex, &at) != 0) {
      printf("the state stays %d\n", state);
      exit(1);
    }
  }
  pthread_mutex_unlock(&mutex);
}

static void event(const char *name, int number) {
  struct timespec at = soon();
  pthread_mutex_lock(&mutex);
  while (events < number) {
    if (pthread_cond_timedwait(&changed, &mutex, &at) != 0) break;
  }
  printf("%s: %d event(s), last %s\n", name, events, last_event);
  pthread_mutex_unlock(&mutex);
}

static void told(const char *name, int code) { printf("%s: %s\n", name, zerror(code)); }

static void get(zhandle_t *handle, const char *name, const char *path, int watch) {
  char data[256];
  int length = sizeof data;
  struct Stat stat;
  int code = zoo_get(handle, path, watch, data, &length, &stat);
  if (code != ZOK) {
    told(name, code);
    return;
  }
  printf("%s: %.*s version %d cversion %d owner %s children %d\n", name, length < 0 ? 0 : length,
         data, stat.version, stat.cversion,
         stat.ephemeralOwner == 0 ? "none"
         : stat.ephemeralOwner == zoo_client_id(handle)->client_id ? "me" : "other",
         stat.numChildren);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void children(zhandle_t *handle, const char *name, const char *path, int watch) {
  struct String_vector list;
  int code = zoo_get_children(handle, path, watch, &list);
  if (code != ZOK) {
    told(name, code);
    return;
  }
  qsort(list.data, (size_t)list.count, sizeof(char *), by_name);
  printf("%s:", name);
  for (int i = 0; i < list.count; i++) printf(" %s", list.data[i]);
  printf("\n");
  deallocate_String_vector(&list);
}

static int create(zhandle_t *handle, const char *name, const char *path, const char *data,
                  const struct ACL_vector *acl, int flags) {
  char made[256] = "";
  int code = zoo_create(handle, path, data, (int)strlen(data), acl, flags, made, sizeof made);
  printf("%s: %s %s\n", name, zerror(code), code == ZOK ? made : "");
  return code;
}

static void authenticated(int code, const void *context) {
  (void)context;
  pthread_mutex_lock(&mutex);
  events += 1000;
  snprintf(last_event, sizeof last_event, "auth %s", zerror(code));
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void synced(int code, const char *path, const void *context) {
  (void)path;
  (void)context;
  pthread_mutex_lock(&mutex);
  events += 2000;
  snprintf(last_event, sizeof last_event, "sync %s", zerror(code));
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

int main(int count, char **words) {
  if (count < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  zoo_set_debug_level(0);
  zhandle_t *one = zookeeper_init(words[1], watcher, 20000, NULL, NULL, 0);
  until_connected(0);
  printf("timeout: %d\n", zoo_recv_timeout(one));
  const struct ACL_vector *open = &ZOO_OPEN_ACL_UNSAFE;
  struct Stat stat;

  create(one, "create", "/c", "first", open, 0);
  create(one, "create again", "/c", "first", open, 0);
  create(one, "create below nothing", "/none/c", "", open, 0);
  create(one, "create with a bad path", "c", "", open, 0);
  get(one, "get", "/c", 0);
  told("set", zoo_set2(one, "/c", "second", 6, 0, &stat));
  printf("set: version %d length %d\n", stat.version, stat.dataLength);
  told("set with an old version", zoo_set(one, "/c", "third", 5, 0));
  told("exists", zoo_exists(one, "/c", 0, &stat));
  told("exists, missing", zoo_exists(one, "/missing", 0, &stat));
  create(one, "null data", "/c/null", "", open, 0);
  create(one, "sequential", "/c/s-", "", open, ZOO_SEQUENCE);
  create(one, "sequential", "/c/s-", "", open, ZOO_SEQUENCE);
  create(one, "ephemeral", "/c/e", "", open, ZOO_EPHEMERAL);
  create(one, "child of an ephemeral", "/c/e/x", "", open, 0);
  get(one, "get ephemeral", "/c/e", 0);
  children(one, "children", "/c", 0);
  told("delete with children", zoo_delete(one, "/c", -1));

  get(one, "watched", "/c", 1);
  zoo_set(one, "/c", "watched", 7, -1);
  event("data watch", 1);
  children(one, "watched", "/c", 1);
  create(one, "child", "/c/w", "", open, 0);
  event("child watch", 2);
  told("exists, watched", zoo_exists(one, "/later", 1, &stat));
  create(one, "later", "/later", "", open, 0);
  event("exists watch", 3);
  get(one, "watched", "/later", 1);
  told("delete", zoo_delete(one, "/later", 0));
  event("delete watch", 4);

  zoo_op_t ops[4];
  zoo_op_result_t results[4];
  char made[64];
  zoo_create_op_init(&ops[0], "/c/m", "m", 1, open, 0, made, sizeof made);
  zoo_set_op_init(&ops[1], "/c/m", "n", 1, 0, &stat);
  zoo_check_op_init(&ops[2], "/c/m", 1);
  zoo_delete_op_init(&ops[3], "/c/w", -1);
  told("multi", zoo_multi(one, 4, ops, results));
  for (int i = 0; i < 4; i++) told(" part", results[i].err);
  printf("multi: %s version %d\n", made, stat.version);
  told("multi that fails", zoo_multi(one, 4, ops, results));
  for (int i = 0; i < 4; i++) told(" part", results[i].err);

  told("add auth", zoo_add_auth(one, "digest", "alice:secret", 12, authenticated, NULL));
  event("authenticated", 1004);
  create(one, "mine", "/c/acl", "mine", &ZOO_CREATOR_ALL_ACL, 0);
  struct ACL_vector acl;
  told("get acl", zoo_get_acl(one, "/c/acl", &acl, &stat));
  for (int i = 0; i < acl.count; i++) {
    printf(" acl: %d %s %s\n", acl.data[i].perms, acl.data[i].id.scheme, acl.data[i].id.id);
  }
  deallocate_ACL_vector(&acl);
  zhandle_t *two = zookeeper_init(words[1], NULL, 20000, NULL, NULL, 0);
  while (zoo_state(two) != ZOO_CONNECTED_STATE) {
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
  }
  get(two, "get without permission", "/c/acl", 0);
  told("set without permission", zoo_set(two, "/c/acl", "x", 1, -1));
  told("set acl", zoo_set_acl(one, "/c/acl", -1, &ZOO_READ_ACL_UNSAFE));
  get(two, "get with permission", "/c/acl", 0);
  get(two, "ephemeral of another", "/c/e", 0);
  told("async sync", zoo_async(one, "/c", synced, NULL));
  event("synced", 3004);

  get(one, "watched over the cut", "/c/m", 1);
  printf("@cut\n");
  until_connected(1);
  get(one, "ephemeral after the cut", "/c/e", 0);
  while (zoo_set(two, "/c/m", "after", 5, -1) != ZOK) {
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
  }
  event("watch over the cut", 3005);
  zookeeper_close(one);
  get(two, "ephemeral after the close", "/c/e", 0);
  children(two, "what is left", "/c", 0);
  zookeeper_close(two);
  printf("done\n");
  return 0;
}
