import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.Revoker;
import org.apache.curator.retry.RetryOneTime;

/** Does as it is told, a line at a time: contends for a lock and in an election with others. */
public final class Contender {
  public static void main(String[] words) throws Exception {
    RetryOneTime retry = new RetryOneTime(100);
    try (CuratorFramework client = CuratorFrameworkFactory.newClient(words[0], retry)) {
      client.start();
      client.blockUntilConnected(20, TimeUnit.SECONDS);
      InterProcessMutex lock = new InterProcessMutex(client, "/mixed/lock");
      LeaderLatch latch = null;
      CountDownLatch asked = new CountDownLatch(1);
      System.out.println("ready");
      BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        switch (order) {
          case "try" -> System.out.println("try " + lock.acquire(300, TimeUnit.MILLISECONDS));
          case "acquire" -> {
            lock.acquire();
            System.out.println("acquired");
          }
          case "release" -> {
            lock.release();
            System.out.println("released");
          }
          case "revocable" -> {
            lock.makeRevocable(each -> asked.countDown());
            lock.acquire();
            System.out.println("acquired");
          }
          case "asked" -> System.out.println("asked " + asked.await(20, TimeUnit.SECONDS));
          case "revoke" -> {
            Revoker.attemptRevoke(client, lock.getParticipantNodes().iterator().next());
            System.out.println("revoked");
          }
          case "stand" -> {
            latch = new LeaderLatch(client, "/mixed/latch", "theirs");
            latch.start();
            System.out.println("standing");
          }
          case "leads" -> System.out.println("leads " + latch.await(300, TimeUnit.MILLISECONDS));
          case "leader" -> System.out.println("leader " + latch.getLeader().getId());
          case "withdraw" -> {
            latch.close();
            System.out.println("withdrawn");
          }
          default -> throw new IllegalArgumentException(order);
        }
      }
    }
  }
}
