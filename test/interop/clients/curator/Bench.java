import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;

/**
 * Curator's side of the bench of recipes: does one order a line, and answers with the times that it
 * took, in milliseconds.
 */
public final class Bench {
  private static final int SESSION_MS = 30000;
  private static final int SETTLE_MS = 5;

  private static String address;
  private static final List<CuratorFramework> pool = new ArrayList<>();
  private static int orders = 0;

  public static void main(String[] words) throws Exception {
    address = words[0];
    System.out.println("ready");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String said;
      try {
        StringBuilder text = new StringBuilder("result");
        for (double ms : obey(line.split(" "))) text.append(String.format(Locale.ROOT, " %.4f", ms));
        said = text.toString();
      } catch (Exception broken) {
        said = "failed " + broken;
      }
      System.out.println(said);
    }
    System.exit(0);
  }

  private static List<Double> obey(String[] words) throws Exception {
    String path = "/bench-recipes/curator-" + ProcessHandle.current().pid() + "-" + orders++;
    return switch (words[0]) {
      case "lock" -> lock(path, number(words[1]));
      case "hand-over" -> handOver(path, number(words[1]), number(words[2]));
      case "queue" -> {
        queue = new Queue(path, number(words[1]));
        wake();
        yield List.of();
      }
      case "drain" -> queue.drain(number(words[1]));
      case "disperse" -> {
        queue.disperse();
        yield List.of();
      }
      case "resign" -> resign(path, number(words[1]), number(words[2]));
      case "stand" -> stand(words[1], number(words[2]), number(words[3]));
      case "led" -> {
        leaders.take();
        yield List.of();
      }
      case "withdraw" -> {
        for (CuratorFramework client : candidates) client.close();
        candidates.clear();
        leaders.clear();
        yield List.of();
      }
      case "tell" -> tell(path, number(words[1]), number(words[2]), number(words[3]));
      case "barrier" -> barrier(path, number(words[1]), number(words[2]));
      case "barriers" -> barriers(path, number(words[1]), number(words[2]));
      case "count" -> count(path, number(words[1]), number(words[2]));
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  private static int number(String word) {
    return Integer.parseInt(word);
  }

  private static double ms(long nanos) {
    return nanos / 1e6;
  }

  /* Clients. */

  private static CuratorFramework begin(int sessionMs) {
    CuratorFramework client =
        CuratorFrameworkFactory.newClient(address, sessionMs, 15000, new RetryNTimes(50, 100));
    client.start();
    return client;
  }

  private static CuratorFramework connected(CuratorFramework client) throws Exception {
    if (!client.blockUntilConnected(30, TimeUnit.SECONDS)) throw new Exception("no connection");
    return client;
  }

  /** The first so many of the clients that are kept from order to order. */
  private static List<CuratorFramework> clients(int count) throws Exception {
    while (pool.size() < count) {
      List<CuratorFramework> begun = new ArrayList<>();
      for (int i = 0; i < Math.min(20, count - pool.size()); i++) begun.add(begin(SESSION_MS));
      for (CuratorFramework client : begun) pool.add(connected(client));
    }
    return pool.subList(0, count);
  }

  /** All ask for something: none has to send a ping for a while, which would be counted too. */
  private static void wake() throws Exception {
    for (CuratorFramework client : pool) client.checkExists().forPath("/");
  }

  /** Waits until a node has so many children. */
  private static void standing(CuratorFramework client, String path, int count) throws Exception {
    for (;;) {
      Stat stat = client.checkExists().forPath(path);
      if (stat != null && stat.getNumChildren() == count) break;
    }
    Thread.sleep(SETTLE_MS);
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Does all at the same time, each in a thread of its own. */
  private static void together(List<Work> works) throws Exception {
    List<Exception> broken = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (Work work : works) {
      Thread thread = new Thread(() -> {
        try {
          begin.await();
          work.run();
        } catch (Exception error) {
          broken.add(error);
        }
      });
      thread.start();
      threads.add(thread);
    }
    begin.countDown();
    for (Thread thread : threads) thread.join();
    if (!broken.isEmpty()) throw broken.get(0);
  }

  /* Locks. */

  private static List<Double> lock(String path, int count) throws Exception {
    InterProcessMutex lock = new InterProcessMutex(clients(1).get(0), path);
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long began = System.nanoTime();
      lock.acquire();
      lock.release();
      times.add(ms(System.nanoTime() - began));
    }
    return times;
  }

  private static Queue queue;

  /** One who asks for a lock when told to, and releases it when told to. */
  private static final class Contender extends Thread {
    final InterProcessMutex lock;
    final BlockingQueue<Contender> holders;
    final Semaphore asks = new Semaphore(0);
    final Semaphore leaves = new Semaphore(0);
    final Semaphore left = new Semaphore(0);
    volatile long acquiredAt;
    volatile long releasedAt;

    Contender(CuratorFramework client, String path, BlockingQueue<Contender> holders) {
      lock = new InterProcessMutex(client, path);
      this.holders = holders;
      setDaemon(true);
      start();
    }

    @Override
    public void run() {
      try {
        for (;;) {
          asks.acquire();
          lock.acquire();
          acquiredAt = System.nanoTime();
          holders.put(this);
          leaves.acquire();
          releasedAt = System.nanoTime();
          lock.release();
          left.release();
        }
      } catch (InterruptedException over) {
        // Told to end.
      } catch (Exception broken) {
        broken.printStackTrace();
        System.exit(1); // Whoever waits for this one would wait for ever.
      }
    }
  }

  /** So many contenders, each with a client of its own; the first holds the lock. */
  private static final class Queue {
    final String path;
    final CuratorFramework observer;
    final BlockingQueue<Contender> holders = new LinkedBlockingQueue<>();
    final List<Contender> contenders = new ArrayList<>();
    Contender holder;
    int size;

    Queue(String path, int size) throws Exception {
      this.path = path;
      this.size = size;
      List<CuratorFramework> all = clients(size + 1);
      observer = all.get(size);
      for (CuratorFramework client : all.subList(0, size)) {
        Contender contender = new Contender(client, path, holders);
        contenders.add(contender);
        contender.asks.release();
      }
      holder = holders.take();
      standing(observer, path, size);
    }

    /** Hands the lock on; the time from the release to the next who has it. */
    double handOver() throws Exception {
      Contender last = holder;
      last.leaves.release();
      holder = holders.take();
      last.left.acquire();
      return ms(holder.acquiredAt - last.releasedAt);
    }

    double handOverAndComeAgain() throws Exception {
      Contender last = holder;
      double time = handOver();
      last.asks.release();
      standing(observer, path, size);
      return time;
    }

    List<Double> drain(int count) throws Exception {
      List<Double> times = new ArrayList<>();
      for (int i = 0; i < count; i++, size--) times.add(handOver());
      return times;
    }

    void disperse() throws Exception {
      drain(size - 1);
      holder.leaves.release();
      holder.left.acquire();
      for (Contender contender : contenders) contender.interrupt();
    }
  }

  private static List<Double> handOver(String path, int contenders, int count) throws Exception {
    Queue crowd = new Queue(path, contenders);
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < count; i++) times.add(crowd.handOverAndComeAgain());
    crowd.disperse();
    return times;
  }

  /* Elections. */

  private static final class Candidate {
    final CuratorFramework client;
    volatile long ledAt;

    Candidate(String path, int sessionMs, BlockingQueue<Candidate> leaders) throws Exception {
      client = connected(begin(sessionMs));
      LeaderLatch latch = new LeaderLatch(client, path, "theirs");
      latch.addListener(new LeaderLatchListener() {
        @Override
        public void isLeader() {
          ledAt = System.nanoTime();
          leaders.add(Candidate.this);
        }

        @Override
        public void notLeader() {}
      });
      latch.start();
    }
  }

  private static final List<CuratorFramework> candidates = new ArrayList<>();
  private static final BlockingQueue<Candidate> leaders = new LinkedBlockingQueue<>();

  private static List<Double> resign(String path, int size, int count) throws Exception {
    CuratorFramework observer = clients(1).get(0);
    BlockingQueue<Candidate> led = new LinkedBlockingQueue<>();
    List<Candidate> all = new ArrayList<>();
    for (int i = 0; i < size; i++) all.add(new Candidate(path, SESSION_MS, led));
    standing(observer, path, size);
    List<Double> times = new ArrayList<>();
    Candidate leader = led.take();
    for (int i = 0; i < count; i++) {
      long began = System.nanoTime();
      leader.client.close();
      all.remove(leader);
      leader = led.take();
      times.add(ms(leader.ledAt - began));
      all.add(new Candidate(path, SESSION_MS, led));
      standing(observer, path, size);
    }
    for (Candidate candidate : all) candidate.client.close();
    return times;
  }

  private static List<Double> stand(String path, int size, int sessionMs) throws Exception {
    for (int i = 0; i < size; i++) candidates.add(new Candidate(path, sessionMs, leaders).client);
    return List.of();
  }

  /* Membership. */

  private static List<Double> tell(String path, int subscribers, int clients, int count)
      throws Exception {
    List<CuratorFramework> all = clients(clients + 1);
    CuratorFramework changer = all.get(clients);
    changer.create().creatingParentsIfNeeded().forPath(path);
    for (int i = 0; i < 10; i++) changer.create().forPath(path + "/old-" + i, new byte[10]);
    AtomicInteger told = new AtomicInteger();
    AtomicInteger toldOfEnd = new AtomicInteger();
    BlockingQueue<Long> done = new LinkedBlockingQueue<>();
    CountDownLatch known = new CountDownLatch(subscribers);
    List<CuratorCache> caches = new ArrayList<>();
    for (int at = 0; at < clients; at++) {
      CuratorCache cache = CuratorCache.build(all.get(at), path);
      for (int i = at; i < subscribers; i += clients) {
        cache.listenable().addListener(CuratorCacheListener.builder()
            .forInitialized(known::countDown)
            .forCreates(node -> {
              if (!node.getPath().endsWith("/new")) return;
              if (told.incrementAndGet() == subscribers) done.add(System.nanoTime());
            })
            .forDeletes(node -> {
              if (toldOfEnd.incrementAndGet() == subscribers) done.add(System.nanoTime());
            })
            .build());
      }
      cache.start();
      caches.add(cache);
    }
    known.await();
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      told.set(0);
      toldOfEnd.set(0);
      long began = System.nanoTime();
      changer.create().withMode(CreateMode.EPHEMERAL).forPath(path + "/new", new byte[10]);
      times.add(ms(done.take() - began));
      changer.delete().forPath(path + "/new");
      done.take();
      Thread.sleep(SETTLE_MS);
    }
    for (CuratorCache cache : caches) cache.close();
    return times;
  }

  /* Barriers. */

  private static List<Double> barrier(String path, int size, int count) throws Exception {
    List<CuratorFramework> all = clients(size);
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String one = path + "/" + i;
      List<Work> works = new ArrayList<>();
      for (CuratorFramework client : all) {
        works.add(() -> {
          DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, one, size);
          barrier.enter();
          barrier.leave();
        });
      }
      long began = System.nanoTime();
      together(works);
      times.add(ms(System.nanoTime() - began));
    }
    return times;
  }

  /** Each client enters all barriers, one after the other, then leaves them: its time for all. */
  private static List<Double> barriers(String path, int size, int count) throws Exception {
    List<Double> times = Collections.synchronizedList(new ArrayList<>());
    List<Work> works = new ArrayList<>();
    CuratorFramework first = clients(size).get(0);
    first.createContainers(path);
    for (CuratorFramework client : clients(size)) {
      works.add(() -> {
        long began = System.nanoTime();
        List<DistributedDoubleBarrier> entered = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          DistributedDoubleBarrier one =
              new DistributedDoubleBarrier(client, path + "/" + i, size);
          one.enter();
          entered.add(one);
        }
        for (DistributedDoubleBarrier one : entered) one.leave();
        times.add(ms(System.nanoTime() - began));
      });
    }
    together(works);
    return times;
  }

  /* Counters. */

  private static List<Double> count(String path, int clients, int each) throws Exception {
    List<Double> times = Collections.synchronizedList(new ArrayList<>());
    List<Work> works = new ArrayList<>();
    RetryNTimes untilDone = new RetryNTimes(Integer.MAX_VALUE, 0);
    for (CuratorFramework client : clients(clients)) {
      DistributedAtomicLong counter = new DistributedAtomicLong(client, path, untilDone);
      works.add(() -> {
        for (int i = 0; i < each; i++) {
          long began = System.nanoTime();
          AtomicValue<Long> now = counter.increment();
          if (!now.succeeded()) throw new Exception("an increment was given up");
          times.add(ms(System.nanoTime() - began));
        }
      });
    }
    together(works);
    long sum = new DistributedAtomicLong(clients(1).get(0), path, untilDone).get().postValue();
    if (sum != (long) clients * each) throw new Exception("the sum is " + sum);
    return times;
  }
}
