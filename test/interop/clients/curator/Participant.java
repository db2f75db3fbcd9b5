import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.StandardLockInternalsDriver;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.KeeperException;

/** Takes part in a fleet, as its standard input says; see participant-main.ts for the words. */
public final class Participant {
  private static final RetryNTimes RETRY = new RetryNTimes(1000, 50);

  private final CuratorFramework client;
  private final String name;
  private volatile boolean isStopping;
  private long number;
  private String guard;
  private GroupMember member;

  private interface Turn {
    void take() throws Exception;
  }

  private Participant(CuratorFramework client, String name) {
    this.client = client;
    this.name = name;
  }

  public static void main(String[] words) throws Exception {
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(words[0])
            .sessionTimeoutMs(Integer.parseInt(words[2]))
            .connectionTimeoutMs(5_000)
            .retryPolicy(RETRY)
            .build();
    client.start();
    client.blockUntilConnected(60, TimeUnit.SECONDS);
    Participant participant = new Participant(client, words[1]);
    System.out.println("ready");
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      participant.obey(order.split(" "));
    }
    System.exit(0); // its sessions end by themselves
  }

  private void obey(String[] order) throws Exception {
    switch (order[0]) {
      case "stop" -> isStopping = true;
      case "join" -> {
        byte[] payload = order[3].getBytes(StandardCharsets.UTF_8);
        member = new GroupMember(client, order[1], order[2], payload);
        member.start();
        System.out.println("joined");
      }
      case "view" -> {
        StringBuilder view = new StringBuilder("view");
        for (Map.Entry<String, byte[]> one : new TreeMap<>(member.getCurrentMembers()).entrySet()) {
          String data = Base64.getEncoder().encodeToString(one.getValue());
          view.append(' ').append(one.getKey()).append('=').append(data);
        }
        System.out.println(view);
      }
      case "leave" -> {
        member.close();
        System.out.println("left");
      }
      default -> {
        isStopping = false;
        new Thread(() -> work(order)).start();
      }
    }
  }

  private void work(String[] order) {
    try {
      Random random = new Random(Long.parseLong(order[4]));
      long sum = order[0].startsWith("count") ? count(order, random) : hold(order, random);
      System.out.println("done " + sum);
    } catch (Throwable error) {
      System.out.println("failed " + error);
    }
  }

  /** One turn after another until it is told to stop; returns how many. */
  private long hold(String[] order, Random random) throws Exception {
    String site = order[1];
    String marks = order[2];
    int longest = Integer.parseInt(order[3]);
    Turn work = () -> {
      mark(marks, "begin");
      Thread.sleep(random.nextInt(longest + 1));
      mark(marks, "end");
      number++;
    };
    Turn turn = switch (order[0]) {
      case "lock" -> locking(new InterProcessMutex(client, site), work);
      case "lock-kazoo" -> locking(new InterProcessMutex(client, site, new ByNumber()), work);
      case "read-write", "read-write-downgrade" -> {
        boolean downgrades = order[0].endsWith("downgrade");
        yield readingOrWriting(new InterProcessReadWriteLock(client, site), random, downgrades, work);
      }
      case "latch" -> () -> {
        LeaderLatch latch = new LeaderLatch(client, site, name);
        latch.start();
        latch.await();
        try {
          // A latch gives its node up when the connection is lost, and does not say so to anybody
          // who is at work: the marks count only as long as that node stands.
          guard = latch.getLastPathIsLeader();
          work.take();
        } catch (KeeperException.NoNodeException lost) {
          number++;
        } finally {
          guard = null;
          latch.close();
        }
      };
      case "selector" -> selecting(site, work);
      default -> throw new IllegalArgumentException(order[0]);
    };
    long began = number;
    long lastMs = 1;
    while (!isStopping) {
      // For as long as a turn of all of them takes, so that the order is another each time.
      if (random.nextInt(10) >= 3) Thread.sleep((long) (random.nextDouble() * lastMs));
      long since = System.nanoTime();
      turn.take();
      lastMs = Math.min(2000, (System.nanoTime() - since) / 1_000_000);
    }
    return number - began;
  }

  private static Turn locking(InterProcessMutex lock, Turn work) {
    return () -> {
      lock.acquire();
      try {
        work.take();
      } finally {
        lock.release();
      }
    };
  }

  private static Turn readingOrWriting(InterProcessReadWriteLock lock, Random random, boolean downgrades, Turn work) {
    Turn reading = locking(lock.readLock(), work);
    return () -> {
      if (random.nextInt(10) < 6) {
        reading.take();
      } else {
        lock.writeLock().acquire();
        try {
          work.take();
          if (!downgrades || random.nextInt(4) > 0) return;
          lock.readLock().acquire(); // goes on as a reader
        } finally {
          lock.writeLock().release();
        }
        try {
          work.take();
        } finally {
          lock.readLock().release();
        }
      }
    };
  }

  private Turn selecting(String site, Turn work) {
    SynchronousQueue<Boolean> ends = new SynchronousQueue<>();
    LeaderSelector selector =
        new LeaderSelector(
            client,
            site,
            new LeaderSelectorListenerAdapter() {
              @Override
              public void takeLeadership(CuratorFramework ignored) throws Exception {
                work.take();
                ends.put(true);
              }
            });
    boolean[] hasStarted = {false};
    return () -> {
      if (!hasStarted[0]) selector.start(); // which queues it
      else while (!selector.requeue()) Thread.sleep(1);
      hasStarted[0] = true;
      ends.take();
    };
  }

  /** Looks at nothing but the number, so that names of any client stand in one order. */
  private static final class ByNumber extends StandardLockInternalsDriver {
    @Override
    public String fixForSorting(String name, String lockName) {
      return name.substring(Math.max(0, name.length() - 10));
    }
  }

  /** Adds until it is told to stop; returns what it was told that it has added. */
  private long count(String[] order, Random random) throws Exception {
    String site = order[1];
    int amount = Integer.parseInt(order[3]);
    mark(order[2], "begin");
    long sum = 0;
    switch (order[0]) {
      case "count-int64" -> {
        DistributedAtomicLong counter = new DistributedAtomicLong(client, site, RETRY);
        while (goesOn(random)) if (counter.add((long) amount).succeeded()) sum += amount;
      }
      case "count-int32" -> {
        DistributedAtomicInteger counter = new DistributedAtomicInteger(client, site, RETRY);
        while (goesOn(random)) if (counter.add(amount).succeeded()) sum += amount;
      }
      case "count-shared" -> {
        try (SharedCount counter = new SharedCount(client, site, 0)) {
          counter.start();
          while (goesOn(random)) {
            VersionedValue<Integer> now = counter.getVersionedValue();
            if (counter.trySetCount(now, now.getValue() + amount)) sum += amount;
          }
        }
      }
      default -> throw new IllegalArgumentException(order[0]);
    }
    number++;
    return sum;
  }

  private boolean goesOn(Random random) throws InterruptedException {
    Thread.sleep(random.nextInt(20));
    return !isStopping;
  }

  private void mark(String marks, String says) throws Exception {
    String path = marks + "/" + name + "-" + number + "-" + says;
    try {
      if (guard == null) {
        client.create().forPath(path, new byte[0]);
      } else {
        CuratorOp stands = client.transactionOp().check().forPath(guard);
        CuratorOp mark = client.transactionOp().create().forPath(path, new byte[0]);
        client.transaction().forOperations(stands, mark);
      }
    } catch (KeeperException.NodeExistsException sentAgain) {
      // It was written before, and the answer was lost.
    }
  }
}
