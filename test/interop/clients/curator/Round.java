import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;

/** A round of everyday work and recipes with Curator: prints what it is told, one step a line. */
public final class Round {
  private interface Step {
    Object run() throws Exception;
  }

  private static void step(String name, Step step) {
    String said;
    try {
      said = String.valueOf(step.run());
    } catch (KeeperException refused) {
      said = refused.code().toString();
    } catch (Exception broken) {
      said = broken.toString();
    }
    System.out.println(name + ": " + said);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static CuratorFramework connect(String address) throws Exception {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(address)
            .sessionTimeoutMs(20000)
            .connectionTimeoutMs(15000)
            .retryPolicy(new RetryNTimes(50, 100))
            .authorization("digest", bytes("alice:secret"))
            .build();
    client.start();
    if (!client.blockUntilConnected(20, TimeUnit.SECONDS)) {
      System.out.println("it does not connect");
      System.exit(1);
    }
    return client;
  }

  private static Object take(BlockingQueue<String> queue) throws Exception {
    return queue.poll(20, TimeUnit.SECONDS);
  }

  public static void main(String[] words) throws Exception {
    CuratorFramework one = connect(words[0]);
    CuratorFramework two = connect(words[0]);
    everyday(one, two);
    recipes(one, two);
    cut(one, two);
    two.close();
    System.out.println("done");
    System.exit(0);
  }

  private static void everyday(CuratorFramework one, CuratorFramework two) throws Exception {
    step("create", () -> one.create().creatingParentsIfNeeded().forPath("/cu/a/b", bytes("first")));
    step("create again", () -> one.create().forPath("/cu/a/b"));
    step(
        "containers for parents",
        () -> one.create().creatingParentContainersIfNeeded().forPath("/cu/box/x"));
    Stat stat = new Stat();
    step("get", () -> new String(one.getData().storingStatIn(stat).forPath("/cu/a/b")));
    step("version", stat::getVersion);
    step("set", () -> one.setData().withVersion(0).forPath("/cu/a/b", bytes("2")).getVersion());
    step("set, old version", () -> one.setData().withVersion(0).forPath("/cu/a/b", bytes("3")));
    step("missing", () -> one.checkExists().forPath("/cu/missing"));
    step("get missing", () -> new String(one.getData().forPath("/cu/missing")));
    step("ttl", () -> one.create().withTtl(3600000).withMode(CreateMode.PERSISTENT_WITH_TTL)
        .forPath("/cu/ttl"));
    step("protected", () -> one.create().withProtection()
        .withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/cu/p-").length());
    step("ephemeral", () -> one.create().withMode(CreateMode.EPHEMERAL).forPath("/cu/e"));
    step("or set", () -> one.create().orSetData().forPath("/cu/a/b", bytes("or set")));
    step("delete with children", () -> one.delete().forPath("/cu/a"));
    step("children", () -> new TreeSet<>(one.getChildren().forPath("/cu")).tailSet("a"));
    step("mine", () -> one.create().withACL(ZooDefs.Ids.CREATOR_ALL_ACL).forPath("/cu/mine"));
    step("acl", () -> one.getACL().forPath("/cu/mine"));
    step("transaction", () -> {
      List<CuratorTransactionResult> results = one.transaction().forOperations(
          one.transactionOp().create().forPath("/cu/t", bytes("t")),
          one.transactionOp().setData().withVersion(0).forPath("/cu/t", bytes("u")),
          one.transactionOp().check().withVersion(1).forPath("/cu/t"),
          one.transactionOp().delete().forPath("/cu/box/x"));
      StringBuilder text = new StringBuilder();
      for (CuratorTransactionResult result : results) {
        text.append(result.getType()).append(' ').append(result.getForPath()).append(' ');
      }
      return text;
    });
    step("transaction that fails", () -> one.transaction().forOperations(
        one.transactionOp().setData().forPath("/cu/t", bytes("v")),
        one.transactionOp().delete().forPath("/cu/missing")));
    step("untouched", () -> new String(one.getData().forPath("/cu/t")));
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    one.getData().usingWatcher((org.apache.zookeeper.Watcher) event ->
        seen.add(event.getType() + " " + event.getPath())).forPath("/cu/t");
    two.setData().forPath("/cu/t", bytes("w"));
    step("watch", () -> take(seen));
    one.watchers().add().withMode(AddWatchMode.PERSISTENT_RECURSIVE)
        .usingWatcher((org.apache.zookeeper.Watcher) event ->
            seen.add(event.getType() + " " + event.getPath())).forPath("/cu/a");
    two.create().forPath("/cu/a/new");
    two.setData().forPath("/cu/a/new", bytes("x"));
    step("recursive watch", () -> take(seen));
    step("recursive watch", () -> take(seen));
    step("remove watches", () -> {
      one.watchers().removeAll().forPath("/cu/a");
      return take(seen);
    });
    step("sync", () -> one.sync().forPath("/cu"));
  }

  private static void recipes(CuratorFramework one, CuratorFramework two) throws Exception {
    InterProcessMutex mine = new InterProcessMutex(one, "/cu/lock");
    InterProcessMutex theirs = new InterProcessMutex(two, "/cu/lock");
    step("lock", () -> mine.acquire(10, TimeUnit.SECONDS));
    step("lock, taken", () -> theirs.acquire(300, TimeUnit.MILLISECONDS));
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    Thread waiter = new Thread(() -> {
      try {
        seen.add("got " + theirs.acquire(20, TimeUnit.SECONDS));
        theirs.release();
      } catch (Exception broken) {
        seen.add(broken.toString());
      }
    });
    waiter.start();
    step("participants", () -> {
      while (mine.getParticipantNodes().size() < 2) Thread.sleep(20);
      return 2;
    });
    mine.release();
    step("lock, handed on", () -> take(seen));
    waiter.join();

    InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(one, "/cu/leases", 1);
    Lease lease = semaphore.acquire(10, TimeUnit.SECONDS);
    step("no second lease", () -> semaphore.acquire(300, TimeUnit.MILLISECONDS));
    semaphore.returnLease(lease);
    step("lease", () -> semaphore.acquire(10, TimeUnit.SECONDS) != null);

    LeaderLatch first = new LeaderLatch(one, "/cu/latch", "first");
    LeaderLatch second = new LeaderLatch(two, "/cu/latch", "second");
    first.start();
    step("first leads", () -> first.await(20, TimeUnit.SECONDS));
    second.start();
    step("leader", () -> second.getLeader().getId());
    first.close();
    step("second leads", () -> second.await(20, TimeUnit.SECONDS));
    second.close();

    CuratorCache cache = CuratorCache.build(one, "/cu/cached");
    cache.listenable().addListener((type, before, after) ->
        seen.add(type + " " + (after == null ? before : after).getPath()));
    two.create().forPath("/cu/cached", bytes("c"));
    cache.start();
    step("cache", () -> take(seen));
    two.create().forPath("/cu/cached/x", bytes("d"));
    step("cache", () -> take(seen));
    two.setData().forPath("/cu/cached/x", bytes("e"));
    step("cache", () -> take(seen));
    two.delete().forPath("/cu/cached/x");
    step("cache", () -> take(seen));
    cache.close();

    DistributedAtomicLong number = new DistributedAtomicLong(one, "/cu/n", new RetryOneTime(10));
    step("add", () -> number.add(5L).postValue());
    step("add", () -> number.increment().postValue());
    GroupMember member = new GroupMember(one, "/cu/group", "m1", bytes("here"));
    member.start();
    step("member", () -> {
      while (member.getCurrentMembers().isEmpty()) Thread.sleep(20);
      return member.getCurrentMembers().keySet();
    });
    member.close();
    DistributedBarrier barrier = new DistributedBarrier(one, "/cu/barrier");
    barrier.setBarrier();
    new DistributedBarrier(two, "/cu/barrier").removeBarrier();
    step("barrier", () -> barrier.waitOnBarrier(20, TimeUnit.SECONDS));
  }

  private static void cut(CuratorFramework one, CuratorFramework two) throws Exception {
    BlockingQueue<String> states = new LinkedBlockingQueue<>();
    one.getConnectionStateListenable().addListener((client, state) -> {
      if (state == ConnectionState.SUSPENDED || state == ConnectionState.RECONNECTED) {
        states.add(state.toString());
      }
    });
    PersistentNode node =
        new PersistentNode(one, CreateMode.EPHEMERAL, false, "/cu/node", bytes("n"));
    node.start();
    step("persistent node", () -> node.waitForInitialCreate(20, TimeUnit.SECONDS));
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    PersistentWatcher watcher = new PersistentWatcher(one, "/cu/t", false);
    watcher.getListenable().addListener(event -> {
      if (event.getPath() != null) seen.add(event.getType() + " " + event.getPath());
    });
    watcher.start();
    Thread.sleep(300);
    long session = one.getZookeeperClient().getZooKeeper().getSessionId();
    System.out.println("@cut");
    step("state", () -> take(states));
    step("state", () -> take(states));
    step("same session", () -> session == one.getZookeeperClient().getZooKeeper().getSessionId());
    step("ephemeral after the cut", () -> two.checkExists().forPath("/cu/e") != null);
    two.setData().forPath("/cu/t", bytes("after"));
    step("watch over the cut", () -> take(seen));
    one.close();
    step("ephemeral after the close", () -> two.checkExists().forPath("/cu/e"));
    step("delete all", () -> two.delete().deletingChildrenIfNeeded().forPath("/cu/a"));
  }
}
